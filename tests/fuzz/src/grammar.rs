//! The grammar of references as <https://github.com/distribution/reference> has it, read slowly.

/// The parts of a reference.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Host and port, where they are written.
    pub host: Option<&'a str>,
    /// What follows the host.
    pub repository: &'a str,
    /// What follows the colon behind the repository.
    pub tag: Option<&'a str>,
    /// What follows the `@`.
    pub digest: Option<&'a str>,
}

/// The parts of a text, where it is a reference with a digest that images have.
pub fn reference(text: &str) -> Option<Parts<'_>> {
    let (named, digest) = text.split_once('@').map_or((text, None), |(named, digest)| (named, Some(digest)));
    let (name, tag) = match named.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (named, None),
    };
    let (host, repository) = match name.split_once('/') {
        Some((host, repository)) if is_written_as_host(host) => (Some(host), repository),
        _ => (None, name),
    };
    let is_sound = host.is_none_or(is_host)
        && length(host, repository) <= 255
        && repository.split('/').all(is_component)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest);
    is_sound.then_some(Parts { host, repository, tag, digest })
}

/// Bytes of a repository with what Docker Hub puts before names of one part.
fn length(host: Option<&str>, repository: &str) -> usize {
    let is_official =
        matches!(host, None | Some("docker.io" | "index.docker.io")) && !repository.contains('/');
    if is_official { "library/".len() + repository.len() } else { repository.len() }
}

/// Docker's rule for what before the first slash is a host, and what is a part of a repository on Docker Hub. Newer Dockers
/// take upper-case letters for a host too, where older ones refuse them, as we do.
fn is_written_as_host(text: &str) -> bool {
    text == "localhost" || text.contains(['.', ':'])
}

/// `domain-name [":" port-number]`
fn is_host(text: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let is_address = !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
        return is_address && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
    }
    match text.split_once(':') {
        Some((name, port)) => name.split('.').all(is_label) && is_port(port),
        None => text.split('.').all(is_label),
    }
}

/// `alpha-numeric`, with hyphens within.
fn is_label(text: &str) -> bool {
    let is_inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    !text.is_empty() && !text.starts_with('-') && !text.ends_with('-') && text.bytes().all(is_inner)
}

/// `[a-z0-9]+`, again and again, with `.`, `_`, `__` or hyphens between.
fn is_component(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let separators = text.split(|char: char| u8::try_from(char).is_ok_and(is_word));
    let separators = separators.filter(|separator| !separator.is_empty());
    let is_separator = |text: &str| matches!(text, "." | "_" | "__") || text.bytes().all(|b| b == b'-');
    let is_closed = |end: Option<u8>| end.is_some_and(is_word);
    let mut separators = separators;
    is_closed(text.bytes().next()) && is_closed(text.bytes().last()) && separators.all(is_separator)
}

/// `[\w][\w.-]{0,127}`
fn is_tag(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut bytes = text.bytes();
    bytes.next().is_some_and(is_word)
        && text.len() <= 128
        && bytes.all(|b| is_word(b) || b == b'.' || b == b'-')
}

fn is_digest(text: &str) -> bool {
    let Some((algorithm, digits)) = text.split_once(':') else { return false };
    let length = match algorithm {
        "sha256" => 64,
        "sha512" => 128,
        _ => return false,
    };
    digits.len() == length && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
