//! What a token has to allow.

/// What a request does, by repository: what it needs a token for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Scope {
    /// The repository that is read or written.
    pub(super) repository: String,
    /// What is done to it.
    pub(super) access: Access,
    /// The repository that a blob is mounted from, which has to be readable.
    pub(super) source: Option<String>,
}

/// What is done to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Access {
    /// Reading.
    Pull,
    /// Reading and writing.
    Push,
    /// Deleting.
    Delete,
}

impl Scope {
    /// The scopes to ask a token server for.
    ///
    /// What a challenge names counts as far as it is another word for what is asked: registries spell the right to delete
    /// in two ways. Nothing else that it names is asked for.
    pub(super) fn parameters(&self, challenged: Option<&str>) -> Vec<String> {
        let name = &self.repository;
        let actions = match self.access {
            Access::Pull => "pull",
            Access::Push => "pull,push",
            Access::Delete if challenged.is_some_and(|text| names_all(text, name)) => "*",
            Access::Delete => "delete",
        };
        let source = self.source.as_ref().map(|source| format!("repository:{source}:pull"));
        [format!("repository:{name}:{actions}")].into_iter().chain(source).collect()
    }
}

/// Whether a challenge asks for all actions on a repository: `repository:acme/app:*`.
fn names_all(challenged: &str, repository: &str) -> bool {
    challenged.split(' ').any(|scope| {
        let actions = scope.strip_prefix("repository:").and_then(|scope| scope.strip_prefix(repository));
        let actions = actions.and_then(|actions| actions.strip_prefix(':'));
        actions.is_some_and(|actions| actions.split(',').any(|action| action == "*"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_asked_of_the_token_server_and_nothing_else() {
        let all = "repository:a/b:* registry:catalog:*";
        for (access, source, challenged, expected) in [
            (Access::Pull, None, None, "repository:a/b:pull"),
            (Access::Pull, None, Some(all), "repository:a/b:pull"),
            (Access::Push, None, Some("repository:other:pull"), "repository:a/b:pull,push"),
            (Access::Push, Some("c"), None, "repository:a/b:pull,push repository:c:pull"),
            (Access::Delete, None, None, "repository:a/b:delete"),
            (Access::Delete, None, Some("repository:a/bc:*"), "repository:a/b:delete"),
            (Access::Delete, None, Some(all), "repository:a/b:*"),
        ] {
            let scope = Scope { repository: "a/b".to_owned(), access, source: source.map(str::to_owned) };
            assert_eq!(scope.parameters(challenged).join(" "), expected);
        }
    }
}
