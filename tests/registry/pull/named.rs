//! A registry that has a name, which only a proxy knows where to find.

use super::Demo;
use super::login::AUTH;
use crate::support::registry::{Auth, Authority, Options, Proxy, Tls};

/// The registry's name. No name below `test` is ever given to anybody (RFC 2606).
pub(super) const NAME: &str = "registry.test";

/// A demo whose registry speaks TLS and is reached as [`NAME`] by a proxy.
pub(super) struct Named {
    pub(super) demo: Demo,
    pub(super) proxy: Proxy,
}

/// The authority is in the file `ca.pem`.
pub(super) const CA: [&str; 2] = ["--ca", "registry.test=ca.pem"];

impl Named {
    pub(super) fn with(auth: Auth) -> Self {
        Self::by(auth, Proxy::start)
    }

    /// One that is reached by the proxy that `proxy` makes.
    pub(super) fn by(auth: Auth, proxy: impl FnOnce(&str) -> Proxy) -> Self {
        let authority = Authority::new();
        let tls = Some(Tls::new(&authority.server(&[NAME])));
        Self::of(Options { auth, tls, ..Options::default() }, &authority, proxy)
    }

    /// One that speaks no TLS.
    pub(super) fn plain() -> Self {
        Self::of(Options::default(), &Authority::new(), Proxy::start)
    }

    fn of(options: Options, authority: &Authority, proxy: impl FnOnce(&str) -> Proxy) -> Self {
        let demo = Demo::with(options);
        demo.sandbox.write("ca.pem", &authority.pem());
        demo.spec_on(NAME);
        demo.log_in_to(NAME);
        let proxy = proxy(&demo.registry.host());
        Self { demo, proxy }
    }

    /// A build that goes through the proxy, trusts the registry and has a credential for it.
    pub(super) fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.demo.command(&[&CA[..], &AUTH[..], args].concat());
        command.env("HTTPS_PROXY", format!("http://{}", self.proxy.host()));
        command
    }

    /// What the build complains of.
    pub(super) fn refused(&self, code: i32, args: &[&str]) -> String {
        let output = self.demo.fails(code, &mut self.command(args));
        String::from_utf8(output.stderr).expect("people read text")
    }
}
