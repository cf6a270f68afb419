//! Commands that make, copy and take away files.

use super::attributes::{mode_of, owner_of};
use super::options::Options;
use crate::contents::PathLoop;
use crate::emulate::emulated::{Made, Reason};
use crate::emulate::script::{Did, Shell};
use crate::emulate::site::{Draft, Id, There};
use crate::rootfs::{Mode, RootPath};

/// Follows one of them.
pub(super) fn run(shell: &mut Shell<'_, '_>, name: &str, arguments: &[&str]) -> Result<Did, PathLoop> {
    match name {
        "mkdir" => mkdir(shell, arguments),
        "install" => install(shell, arguments),
        "ln" => link(shell, arguments),
        "touch" => touch(shell, arguments),
        "rm" | "rmdir" | "unlink" => remove(shell, name, arguments),
        "mv" => rename(shell, arguments),
        "cp" => copy(shell, arguments),
        _ => ucf(shell, arguments),
    }
}

fn mkdir(shell: &mut Shell<'_, '_>, arguments: &[&str]) -> Result<Did, PathLoop> {
    let known = ["-p", "-m=", "-v", "-Z", "--parents", "--mode=", "--verbose"];
    let Some(options) = Options::parse(arguments, &known) else { return Ok(Did::Unknown) };
    let mode = match options.value(&["-m", "--mode"]) {
        Some(text) => match mode_of(text, Mode::new(0o755), true) {
            Some(mode) => Some(mode),
            None => return Ok(Did::Unknown),
        },
        None => None,
    };
    make_directories(shell, &options.operands, mode, (None, None))
}

/// Makes directories that are not there.
fn make_directories(
    shell: &mut Shell<'_, '_>,
    texts: &[&str],
    mode: Option<Mode>,
    (user, group): (Option<Id>, Option<Id>),
) -> Result<Did, PathLoop> {
    let Some(paths) = paths(shell, texts) else { return Ok(Did::Unknown) };
    for path in paths {
        match shell.site.leads_to(&path)? {
            Some(There::Directory) if mode.is_none() && user.is_none() && group.is_none() => continue,
            None | Some(There::Directory) if shell.doubts > 0 => return Ok(Did::Unknown),
            None | Some(There::Directory) => {}
            Some(_) => return Ok(Did::ended(false)),
        }
        let is_there = shell.site.leads_to(&path)?.is_some();
        if is_there {
            let (user, group) = (&user, &group);
            shell.site.change(&path, |draft| {
                draft.mode = mode.or(draft.mode);
                draft.user = user.clone().or(draft.user.take());
                draft.group = group.clone().or(draft.group.take());
            })?;
            continue;
        }
        let root = || Some(Id::Number(0));
        let draft = Draft {
            mode: Some(mode.unwrap_or(Mode::new(0o755))),
            user: user.clone().or_else(root),
            group: group.clone().or_else(root),
            ..Draft::new(Made::Directory, Reason::Script)
        };
        shell.site.make(&path, draft)?;
    }
    Ok(Did::well())
}

/// `install`: of directories, and of single files.
fn install(shell: &mut Shell<'_, '_>, arguments: &[&str]) -> Result<Did, PathLoop> {
    let known = [
        "-d",
        "-D",
        "-Z",
        "-p",
        "-v",
        "-c",
        "-T",
        "-m=",
        "-o=",
        "-g=",
        "--directory",
        "--mode=",
        "--owner=",
        "--group=",
    ];
    let Some(options) = Options::parse(arguments, &known) else { return Ok(Did::Unknown) };
    let mode = match options.value(&["-m", "--mode"]) {
        Some(text) => mode_of(text, Mode::new(0), true),
        None => Some(Mode::new(0o755)),
    };
    let user = options.value(&["-o", "--owner"]).map(|name| owner_of(shell, name, true));
    let group = options.value(&["-g", "--group"]).map(|name| owner_of(shell, name, false));
    let (Some(mode), false) = (mode, user == Some(None) || group == Some(None)) else {
        return Ok(Did::Unknown);
    };
    let owner = (user.flatten(), group.flatten());
    if options.has(&["-d", "--directory"]) {
        return make_directories(shell, &options.operands, Some(mode), owner);
    }
    let &[from, to] = options.operands.as_slice() else { return Ok(Did::Unknown) };
    let root = || Some(Id::Number(0));
    let owner = (owner.0.or_else(root), owner.1.or_else(root));
    copy_file(shell, from, to, Some(mode), owner, Reason::Script)
}

fn link(shell: &mut Shell<'_, '_>, arguments: &[&str]) -> Result<Did, PathLoop> {
    let known =
        ["-s", "-f", "-n", "-v", "-r", "-T", "--symbolic", "--force", "--no-dereference", "--verbose"];
    let Some(options) = Options::parse(arguments, &known) else { return Ok(Did::Unknown) };
    let (&[target, at], true, false) =
        (options.operands.as_slice(), options.has(&["-s", "--symbolic"]), options.has(&["-r"]))
    else {
        return Ok(Did::Unknown);
    };
    let Some(mut path) = shell.path(at) else { return Ok(Did::Unknown) };
    let keeps_link = options.has(&["-n", "-T", "--no-dereference"]);
    let there = if keeps_link { shell.site.there(&path)? } else { shell.site.leads_to(&path)? };
    if there == Some(There::Directory) && !options.has(&["-T"]) {
        path = path.join(super::base_name(target.trim_end_matches('/')).as_bytes());
    }
    match shell.site.there(&path)? {
        Some(_) if !options.has(&["-f", "--force"]) => return Ok(Did::ended(false)),
        Some(There::Directory) => return Ok(Did::Unknown),
        _ if shell.doubts > 0 => return Ok(Did::Unknown),
        _ => {}
    }
    shell.site.make(&path, Draft::link(target, Reason::Script))?;
    Ok(Did::well())
}

fn touch(shell: &mut Shell<'_, '_>, arguments: &[&str]) -> Result<Did, PathLoop> {
    let known = ["-a", "-m", "-c", "-h", "-r=", "-d=", "-t=", "--reference=", "--date=", "--no-create"];
    let Some(options) = Options::parse(arguments, &known) else { return Ok(Did::Unknown) };
    let Some(paths) = paths(shell, &options.operands) else { return Ok(Did::Unknown) };
    for path in paths {
        if options.has(&["-c", "--no-create"]) || shell.site.leads_to(&path)?.is_some() {
            continue;
        }
        if shell.doubts > 0 {
            return Ok(Did::Unknown);
        }
        shell.site.make(&path, Draft::file(Vec::new(), Reason::Script))?;
    }
    Ok(Did::well())
}

/// What is taken away was made here, or is not there; anything else stays, and is told.
fn remove(shell: &mut Shell<'_, '_>, name: &str, arguments: &[&str]) -> Result<Did, PathLoop> {
    let known = ["-r", "-R", "-f", "-d", "-v", "-p", "-i", "--force", "--recursive", "--parents"];
    let known = known.iter().chain(["--ignore-fail-on-non-empty", "--verbose", "--dir"].iter());
    let known: Vec<&str> = known.copied().collect();
    let Some(options) = Options::parse(arguments, &known) else { return Ok(Did::Unknown) };
    let Some(paths) = paths(shell, &options.operands) else { return Ok(Did::Unknown) };
    let mut was_there = true;
    for path in paths {
        if shell.site.there(&path)?.is_none() {
            was_there = options.has(&["-f", "--force"]);
            continue;
        }
        // A directory with something in it stays.
        if name == "rmdir" && !shell.site.within(&path)?.is_empty() {
            was_there = false;
            continue;
        }
        let path = shell.site.scene.view.physical(&path)?;
        if shell.doubts > 0 || shell.site.scene.view.get(&path).is_some() {
            return Ok(Did::Unknown);
        }
        shell.site.drafts.retain(|made, _| !made.is_in(&path));
    }
    Ok(Did::ended(was_there))
}

fn rename(shell: &mut Shell<'_, '_>, arguments: &[&str]) -> Result<Did, PathLoop> {
    let Some(options) = Options::parse(arguments, &["-f", "-n", "-T", "-v", "--force"]) else {
        return Ok(Did::Unknown);
    };
    let &[from, to] = options.operands.as_slice() else { return Ok(Did::Unknown) };
    let (Some(from), Some(to)) = (shell.path(from), shell.path(to)) else { return Ok(Did::Unknown) };
    if shell.site.there(&from)?.is_none() {
        return Ok(Did::ended(false));
    }
    let from = shell.site.scene.view.physical(&from)?;
    let is_plain = shell.site.scene.view.get(&from).is_none()
        && shell.site.leads_to(&to)? != Some(There::Directory)
        && shell.doubts == 0;
    match shell.site.drafts.get(&from).cloned() {
        Some(draft) if is_plain && draft.made != Made::Directory => {
            shell.site.drafts.remove(&from);
            shell.site.make(&to, draft)?;
            Ok(Did::well())
        }
        _ => Ok(Did::Unknown),
    }
}

fn copy(shell: &mut Shell<'_, '_>, arguments: &[&str]) -> Result<Did, PathLoop> {
    let known = [
        "-a",
        "-p",
        "-f",
        "-n",
        "-v",
        "-d",
        "-L",
        "-u",
        "-T",
        "-Z",
        "-P",
        "--preserve",
        "--force",
        "--archive",
    ];
    let Some(options) = Options::parse(arguments, &known) else { return Ok(Did::Unknown) };
    let &[from, to] = options.operands.as_slice() else { return Ok(Did::Unknown) };
    if let (true, Some(to)) = (options.has(&["-n"]), shell.path(to))
        && shell.site.leads_to(&to)? == Some(There::File)
    {
        return Ok(Did::well());
    }
    let root = || Some(Id::Number(0));
    copy_file(shell, from, to, None, (root(), root()), Reason::Script)
}

/// Copies a file whose bytes are known; without a mode it has that of what it is a copy of.
fn copy_file(
    shell: &mut Shell<'_, '_>,
    from: &str,
    to: &str,
    mode: Option<Mode>,
    (user, group): (Option<Id>, Option<Id>),
    reason: Reason,
) -> Result<Did, PathLoop> {
    let (Some(source), Some(mut path)) = (shell.path(from), shell.path(to)) else { return Ok(Did::Unknown) };
    if from != "/dev/null" && shell.site.leads_to(&source)?.is_none() {
        return Ok(Did::ended(false));
    }
    if shell.site.leads_to(&path)? == Some(There::Directory) {
        path = path.join(source.name());
    }
    let bytes =
        if from == "/dev/null" { Some(Vec::new()) } else { shell.site.bytes(&source)?.map(<[u8]>::to_vec) };
    let Some(bytes) = bytes.filter(|_| shell.doubts == 0) else { return Ok(Did::Unknown) };
    let mode = match mode {
        Some(mode) => mode,
        None => shell.site.mode(&shell.site.destination(&source)?)?.unwrap_or(Mode::new(0o644)),
    };
    let draft = Draft { mode: Some(mode), user, group, ..Draft::new(Made::File(bytes), reason) };
    shell.site.make(&path, draft)?;
    Ok(Did::well())
}

/// `ucf`: a default becomes the configuration where there is none yet.
fn ucf(shell: &mut Shell<'_, '_>, arguments: &[&str]) -> Result<Did, PathLoop> {
    let known =
        ["--three-way", "--debconf-ok", "--sum-file=", "--src-dir=", "--state-dir=", "--debconf-template="];
    let more = ["-d=", "-v", "-n", "-s=", "-P", "--package=", "-p", "--purge", "-D="];
    let known: Vec<&str> = known.iter().chain(more.iter()).copied().collect();
    let Some(options) = Options::parse(arguments, &known) else { return Ok(Did::Unknown) };
    if options.has(&["-p", "--purge"]) {
        return Ok(Did::well());
    }
    let &[from, to] = options.operands.as_slice() else { return Ok(Did::Unknown) };
    if let Some(to) = shell.path(to)
        && shell.site.leads_to(&to)?.is_some()
    {
        return Ok(Did::well());
    }
    let root = || Some(Id::Number(0));
    copy_file(shell, from, to, Some(Mode::new(0o644)), (root(), root()), Reason::Defaults)
}

/// The paths that words mean; nothing where one of them is none.
fn paths(shell: &Shell<'_, '_>, texts: &[&str]) -> Option<Vec<RootPath>> {
    texts.iter().map(|text| shell.path(text)).collect()
}
