//! Which network addresses a user's URL may lead to.
//!
//! The orchestrator calls URLs that users name. On its own network that would reach what users cannot: the
//! machine itself, neighbours, a cloud's metadata service. So only addresses of the public internet are called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Whether `address` belongs to the public internet, as far as the registries of special addresses say.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match carried_v4(v6) {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

/// Those of the addresses of a name that may be called. `None`: not one of them.
///
/// For resolvers, so that a connection goes to what was checked: a name may answer differently the second time.
#[must_use]
pub fn allowed(
    found: impl IntoIterator<Item = SocketAddr>,
    allow_private: bool,
) -> Option<Vec<SocketAddr>> {
    let may_be_called = |address: &SocketAddr| allow_private || is_public(address.ip());
    let allowed: Vec<_> = found.into_iter().filter(may_be_called).collect();
    (!allowed.is_empty()).then_some(allowed)
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let relay = a == 192 && b == 88 && c == 99;
    let benchmark = a == 198 && (b == 18 || b == 19);
    let special = a == 0
        || a >= 240
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation();
    !(special || shared || protocol || relay || benchmark)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global_unicast = first & 0xe000 == 0x2000;
    let documentation = first == 0x2001 && second == 0x0db8 || first & 0xfff0 == 0x3ff0;
    let protocol = first == 0x2001 && second < 0x0200;
    global_unicast && !documentation && !protocol
}

/// The IPv4 address that an IPv6 address is only another spelling of, or is routed to: mapped, compatible,
/// NAT64 and 6to4.
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let last = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            last(high, low)
        }
        [0x2002, high, low, ..] => last(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_name_that_leads_to_both_only_what_is_public_is_called() {
        let of = |addresses: &[&str]| -> Vec<SocketAddr> {
            addresses.iter().map(|address| address.parse().unwrap()).collect()
        };
        let (both, private) = (of(&["10.0.0.1:80", "1.1.1.1:80"]), of(&["127.0.0.1:80"]));
        assert_eq!(allowed(both.clone(), false), Some(of(&["1.1.1.1:80"])));
        assert_eq!(allowed(both.clone(), true), Some(both));
        assert_eq!((allowed(private.clone(), false), allowed([], true)), (None, None));
        assert_eq!(allowed(private.clone(), true), Some(private));
    }

    #[test]
    fn only_the_public_internet_is_public() {
        for address in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        let private = [
            "0.0.0.0",
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ];
        for address in private {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }
}
