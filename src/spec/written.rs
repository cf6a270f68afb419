//! The customization format as it is written: which keys there are, where, and what they take.
//!
//! This is the one list of keys. Reading, hints and the JSON Schema all follow from it; what the values mean together is
//! decided in the modules beside it.

use super::At;
use super::form::{
    Codec, Flag, Id, ModeWord, NonEmpty, Octal, PathType, PlatformName, Table, Text, UpgradeForm,
};
use super::shape::mapping;

mapping! {
    /// Customizes hardened base images.
    Image {
        /// Set by a hosted service; carried through, it decides nothing.
        id: Text = "id";
        /// A name for people. Its slug is the suffix of the tags: `golang with git` gives `_golang-with-git`.
        name: At<Text> = "name" [Required];
        /// The base images, and the repositories that receive the results.
        targets: NonEmpty<Target> = "targets" [Required];
        /// The suffix of the tags, in place of the slug of `name`; empty for none.
        tag_suffix: At<Text> = "tag-suffix" [Ours];
        /// The platforms to build; each has to exist in the base and in every artifact.
        platforms: NonEmpty<At<PlatformName>> = "platforms" [Required];
        /// How the added layers are compressed: `ZSTD` (default) or `GZIP`.
        compression: Codec = "compression";
        /// Packages and artifacts that are added.
        contents: Contents = "contents";
        /// Static files that are added, never run.
        paths: Vec<File> = "paths";
        /// As `paths`, with the default mode `"0755"`.
        scripts: Vec<File> = "scripts" [Ours];
        /// Users, groups and the user that the image runs as.
        accounts: Accounts = "accounts";
        /// Variables that are merged over the base's.
        environment: Table = "environment";
        /// Labels of the image config.
        labels: Table = "labels";
        /// Annotations of the image manifests.
        annotations: Table = "annotations";
        /// Words that are appended to the base's entrypoint.
        entrypoint: At<Vec<At<Text>>> = "entrypoint";
        /// Whether `entrypoint` is appended (default) or replaces the base's.
        entrypoint_mode: At<ModeWord> = "entrypoint-mode" [Ours];
        /// Words that are appended to the base's command.
        cmd: At<Vec<At<Text>>> = "cmd";
        /// Whether `cmd` is appended (default) or replaces the base's.
        cmd_mode: At<ModeWord> = "cmd-mode" [Ours];
        /// The directory that the image starts in.
        work_dir: At<Text> = "work-dir" [Ours];
        /// The signal that ends the image's process: `SIGTERM` or a number.
        stop_signal: At<Text> = "stop-signal" [Ours];
        /// Ports that the image listens on: `8080` or `53/udp`.
        ports: Vec<At<Text>> = "ports" [Ours];
        /// Directories that are volumes.
        volumes: Vec<At<Text>> = "volumes" [Ours];
    }
}

mapping! {
    /// The config that a package wants of images that have it.
    Fragment {
        /// Variables that are merged over the base's.
        environment: Table = "environment";
        /// Labels of the image config.
        labels: Table = "labels";
        /// Words that take the place of the base's entrypoint.
        entrypoint: At<Vec<At<Text>>> = "entrypoint";
        /// Words that take the place of the base's command.
        cmd: At<Vec<At<Text>>> = "cmd";
        /// The directory that the image starts in.
        work_dir: At<Text> = "work-dir";
        /// The signal that ends the image's process.
        stop_signal: At<Text> = "stop-signal";
    }
}

mapping! {
    /// Customizes the image references of Helm charts.
    Chart {
        /// Set by a hosted service; carried through, it decides nothing.
        id: Text = "id";
        /// A name for people. Its slug is the suffix of the chart's version.
        name: At<Text> = "name" [Required];
        /// The charts, and the repositories that receive the results.
        targets: NonEmpty<Target> = "targets" [Required];
        /// The suffix of the version, in place of the slug of `name`; empty for none.
        tag_suffix: At<Text> = "tag-suffix" [Ours];
        /// Which repositories stand in place of which.
        reference_mappings: At<NonEmpty<Mapping>> = "reference_mappings" [Required];
    }
}

mapping! {
    /// A base and the repository that receives what is made of it.
    Target {
        /// The repository that receives the customized tags: `namespace/repo`, or with a host; without, on Docker Hub.
        destination: At<Text> = "destination" [Required];
        /// The base by its definition: `<repo>/<distro>-<version>/<stem>`, such as `golang/alpine-3.23/1.25`.
        tag_definition_id: At<Text> = "tag_definition_id" or "tag-definition-id";
        /// The base by reference: `registry/repo:tag`, `…@sha256:…`, `oci:DIR`, `oci:DIR:TAG` or `scratch`.
        base: At<Text> = "base" [Ours];
        /// The tags of the base that get the suffix, where they cannot be found out.
        tags: At<NonEmpty<At<Text>>> = "tags" [Ours];
    }
}

mapping! {
    /// A repository that stands in place of another.
    Mapping {
        /// The repository to replace, with or without host, tag and digest.
        from: At<Text> = "from" [Required];
        /// What replaces it; without tag and digest those of the chart stay.
        to: At<Text> = "to" [Required];
    }
}

mapping! {
    /// Packages and artifacts.
    Contents {
        /// Packages of the base's own distribution; `name=version` pins one, `!name` keeps one out.
        packages: At<Vec<At<Text>>> = "packages";
        /// Images whose files are layered in; later wins.
        artifacts: Vec<Artifact> = "artifacts";
        /// Where packages come from: URLs for apk, one-line sources for deb; default: what the base is configured with.
        repositories: Vec<At<Text>> = "repositories" [Ours];
        /// Keys that must have signed the packages: files beside this one or https URLs; default: the base's.
        keyring: Vec<At<Text>> = "keyring" [Ours];
        /// Which packages of the base may become newer: `false` (default), `auto` or a list of names.
        upgrade: UpgradeForm = "upgrade" [Ours];
        /// Names to treat as present although nothing provides them, such as `/bin/sh`.
        assume: Vec<At<Text>> = "assume" [Ours];
    }
}

mapping! {
    /// An image whose files are layered in.
    Artifact {
        /// The image: a reference, `oci:DIR:TAG`, `oci-archive:FILE` or `docker-archive:FILE`.
        name: At<Text> = "name" [Required];
        /// Paths or globs to take, from the image root; nothing is taken by default.
        includes: NonEmpty<At<Text>> = "includes" [Required];
        /// Paths or globs to leave out of what `includes` takes.
        excludes: Vec<At<Text>> = "excludes";
        /// The user that everything taken shall belong to.
        uid: Id = "uid" [Ours];
        /// The group that everything taken shall belong to.
        gid: Id = "gid" [Ours];
        /// The directory under which everything taken is placed; default `/`.
        to: At<Text> = "to" [Ours];
        /// The platforms that get it; default: all.
        platforms: NonEmpty<At<PlatformName>> = "platforms" [Ours];
    }
}

mapping! {
    /// A file, directory or link that is added, or a path that is deleted.
    File {
        /// Where it is in the image, absolute.
        path: At<Text> = "path" [Required];
        /// The text of the file.
        contents: At<Text> = "contents" or "content";
        /// A file beside this one, in place of `contents`.
        source: At<Text> = "source" [Ours];
        /// What it is: `file` (default), `directory`, `symlink`, `delete` or `emptyfile`.
        kind: At<PathType> = "type" [Ours];
        /// What a symlink points at.
        target: At<Text> = "target" [Ours];
        /// Permissions in octal, such as `"0644"`, the default; `"0755"` for directories and scripts.
        mode: At<Octal> = "mode";
        /// The user it belongs to; default 0.
        uid: At<Id> = "uid";
        /// The group it belongs to; default 0.
        gid: At<Id> = "gid";
        /// The platforms that get it; default: all.
        platforms: NonEmpty<At<PlatformName>> = "platforms" [Ours];
    }
}

mapping! {
    /// Users and groups.
    Accounts {
        /// Whether the root account may be used; default `false`.
        root: Flag = "root";
        /// The image's user: a name or a number.
        runs_as: At<Text> = "runs-as" or "run-as" or "run_as";
        /// Users to add, each with a home directory.
        users: Vec<User> = "users";
        /// Groups to add, or to give members.
        groups: Vec<Group> = "groups";
    }
}

mapping! {
    /// A user.
    User {
        /// The name.
        name: At<Text> = "name" [Required];
        /// The number.
        uid: At<Id> = "uid" [Required];
        /// The number of the primary group; default: the group of the same name, else the uid.
        gid: At<Id> = "gid";
    }
}

mapping! {
    /// A group.
    Group {
        /// The name.
        name: At<Text> = "name" [Required];
        /// The number.
        gid: At<Id> = "gid" [Required];
        /// Names of users that belong to it.
        members: Vec<At<Text>> = "members";
    }
}
