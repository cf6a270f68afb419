//! Addresses that names lead to, and which of them may be connected to.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::url::Origin;

/// Where connections may lead: public addresses always, others where that is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reach {
    /// This machine.
    pub(crate) loopback: bool,
    /// What only the local link knows, such as the metadata service of clouds.
    pub(crate) link_local: bool,
    /// Private networks.
    pub(crate) private: bool,
}

impl Reach {
    /// Everywhere.
    pub(crate) const ALL: Self = Self { loopback: true, link_local: true, private: true };

    /// Where all of these addresses are, and what is public.
    pub(crate) fn of(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let mut kinds = addresses.into_iter().map(kind);
        let first = kinds.next().filter(|first| kinds.all(|kind| kind == *first));
        let is = |kind| first == Some(kind);
        Self { loopback: is(Kind::Loopback), link_local: is(Kind::LinkLocal), private: is(Kind::Private) }
    }

    pub(crate) fn allows(self, address: IpAddr) -> bool {
        match kind(address) {
            Kind::Public => true,
            Kind::Loopback => self.loopback,
            Kind::LinkLocal => self.link_local,
            Kind::Private => self.private,
        }
    }
}

/// Whether a host, as an address writes it, is this machine by its spelling alone.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || literal(host).is_some_and(|address| kind(address) == Kind::Loopback)
}

/// The IP address that a host is written as; IPv6 in brackets.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    bare.map_or_else(
        || host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        |bare| bare.parse().ok().map(IpAddr::V6),
    )
}

/// Where a server is; public where its name cannot be looked up here.
pub(crate) fn reach_of(origin: &Origin) -> Reach {
    if let Some(address) = literal(&origin.host) {
        return Reach::of([address]);
    }
    let found = (origin.host.as_str(), origin.port).to_socket_addrs();
    let found: Vec<IpAddr> =
        found.map_or_else(|_| Vec::new(), |found| found.map(|one: SocketAddr| one.ip()).collect());
    Reach::of(found)
}

/// A name that leads to an address out of reach.
#[derive(Debug)]
pub(crate) struct OutOfReach(pub(super) IpAddr);

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not public", self.0)
    }
}

impl std::error::Error for OutOfReach {}

/// A name that cannot be looked up.
#[derive(Debug)]
pub(crate) struct Unresolved(pub(super) Error);

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host cannot be found")
    }
}

impl std::error::Error for Unresolved {}

/// Looks names up, and gives the addresses that are connected to only if all are within reach.
#[derive(Debug)]
pub(crate) struct Lookup {
    reach: Reach,
    system: DefaultResolver,
    /// What was found lately: the client looks up for every request, whether it needs a connection or not.
    found: Mutex<BTreeMap<String, (Instant, Vec<SocketAddr>)>>,
}

/// How long an address is used without looking again.
const LATELY: Duration = Duration::from_secs(30);

impl Lookup {
    pub(crate) fn new(reach: Reach) -> Self {
        Self { reach, system: DefaultResolver::default(), found: Mutex::default() }
    }

    fn found(&self, uri: &Uri, config: &Config, time: NextTimeout) -> Result<Vec<SocketAddr>, Error> {
        let name = uri.authority().map_or("", |authority| authority.as_str());
        let key = format!("{} {name}", uri.scheme_str().unwrap_or_default());
        let lately = self.locked().get(&key).filter(|(then, _)| then.elapsed() < LATELY).cloned();
        if let Some((_, addresses)) = lately {
            return Ok(addresses);
        }
        let addresses = self.system.resolve(uri, config, time);
        let addresses = addresses.map_err(|error| Error::Other(Box::new(Unresolved(error))))?.to_vec();
        self.locked().insert(key, (Instant::now(), addresses.clone()));
        Ok(addresses)
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, (Instant, Vec<SocketAddr>)>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Resolver for Lookup {
    fn resolve(&self, uri: &Uri, config: &Config, time: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let addresses = self.found(uri, config, time)?;
        if let Some(address) =
            addresses.iter().map(SocketAddr::ip).find(|address| !self.reach.allows(*address))
        {
            return Err(Error::Other(Box::new(OutOfReach(address))));
        }
        let mut checked = self.empty();
        addresses.into_iter().for_each(|address| checked.push(address));
        Ok(checked)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Public,
    Loopback,
    LinkLocal,
    Private,
}

fn kind(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => embedded(address).map_or_else(|| kind_of_v6(address), kind_of_v4),
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, translated (NAT64) or 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => Some(from(high, low)),
        [0, 0, 0, 0, 0xffff, 0, high, low] => Some(from(high, low)),
        [0x64, 0xff9b, 0 | 1, .., high, low] => Some(from(high, low)),
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

fn kind_of_v4(address: Ipv4Addr) -> Kind {
    match address.octets() {
        // 0.0.0.0 connects to this machine.
        [0 | 127, ..] => Kind::Loopback,
        [169, 254, ..] => Kind::LinkLocal,
        // Private use, shared use of carriers, benchmarks, protocol assignments.
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] => Kind::Private,
        [198, 18..=19, ..] | [192, 0, 0, _] => Kind::Private,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => Kind::LinkLocal,
        _ => Kind::Public,
    }
}

fn kind_of_v6(address: Ipv6Addr) -> Kind {
    match address.segments()[0] {
        _ if address.is_loopback() || address.is_unspecified() => Kind::Loopback,
        0xfe80..=0xfebf | 0xff00.. => Kind::LinkLocal,
        // Unique local, and site local as it once was.
        0xfc00..=0xfdff | 0xfec0..=0xfeff => Kind::Private,
        _ => Kind::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_what_is_not_public_is_out_of_reach_in_every_spelling() {
        let (loopback, link_local, private) = (
            Reach { loopback: true, ..Reach::default() },
            Reach { link_local: true, ..Reach::default() },
            Reach { private: true, ..Reach::default() },
        );
        for (addresses, only) in [
            (
                &["127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "::127.0.0.1"][..],
                loopback,
            ),
            (&["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "255.255.255.255"], link_local),
            (&["64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "ff02::1", "224.0.0.1"], link_local),
            (&["10.1.2.3", "192.168.1.1", "172.31.0.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1"], private),
        ] {
            for text in addresses {
                let address: IpAddr = text.parse().unwrap();
                assert!(!Reach::default().allows(address), "{text}");
                assert!(only.allows(address) && Reach::ALL.allows(address), "{text}");
                assert_eq!(Reach::of([address]), only, "{text}");
            }
        }
        for text in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            let address: IpAddr = text.parse().unwrap();
            assert!(Reach::default().allows(address), "{text}");
            assert_eq!(Reach::of([address]), Reach::default(), "{text}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_spelling() {
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.com", "127.0.0.1.nip.io", "10.0.0.1", "example.com", "::1"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
