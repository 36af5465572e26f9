//! Trunks: connections to carriers, known by their addresses.

use std::net::IpAddr;

use flow_compiler::entity;

use crate::entity::{Id, Json, entity};
use crate::error::{Error, Result};

entity! {
    /// A trunk of the IP kind: calls come from its addresses, without a password.
    Trunk as Trunk in "trunks", secrets [] {
        /// `ip`.
        kind: String = 1..=16,
        /// Whether it takes calls.
        enabled: bool = 0..=1,
        /// Addresses and networks (CIDR) that calls may come from.
        remote_hosts: Json<Vec<String>> = 0..=1_000,
        /// Calls at the same time; 0 = unlimited.
        max_channels: u32 = 0..=100_000,
    }
}

impl Trunk {
    /// The trunk with these facts; what facts don't say stays as it was.
    pub(crate) fn with_facts(facts: &entity::Trunk, old: Option<Trunk>) -> Result<Trunk> {
        for host in &facts.hosts {
            parse_network(host).ok_or_else(|| {
                Error::Invalid(format!(
                    "`{}` of trunk `{}` is neither an address (203.0.113.7) nor a network (203.0.113.0/24)",
                    host.escape_debug(),
                    facts.key
                ))
            })?;
        }
        let fresh = || Trunk {
            id: Id::new(0),
            key: facts.key.clone(),
            label: String::new(),
            kind: "ip".to_owned(),
            enabled: true,
            remote_hosts: Json(Vec::new()),
            max_channels: 0,
        };
        Ok(Trunk {
            label: facts.name.clone(),
            remote_hosts: Json(facts.hosts.clone()),
            ..old.unwrap_or_else(fresh)
        })
    }

    pub(crate) fn to_facts(&self) -> entity::Trunk {
        entity::Trunk { key: self.key.clone(), name: self.label.clone(), hosts: self.remote_hosts.0.clone() }
    }

    /// Its networks: address and length of the prefix in bits.
    pub fn networks(&self) -> impl Iterator<Item = (IpAddr, u8)> + '_ {
        self.remote_hosts.0.iter().filter_map(|host| parse_network(host))
    }
}

/// An address (all bits) or a network in CIDR form.
fn parse_network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        Some(bits) => bits.parse().ok().filter(|b| *b <= all)?,
        None => all,
    };
    Some((address, bits))
}

#[cfg(test)]
mod tests {
    use super::parse_network;

    #[test]
    fn networks_are_addresses_with_a_prefix() {
        for (text, bits) in [
            ("203.0.113.7", 32),
            ("203.0.113.0/24", 24),
            ("0.0.0.0/0", 0),
            ("2001:db8::/32", 32),
            ("::1", 128),
        ] {
            assert_eq!(parse_network(text).map(|n| n.1), Some(bits), "{text}");
        }
        for text in ["", "carrier.example", "203.0.113.0/33", "203.0.113.0/", "203.0.113.0/-1", "1.2.3/8"] {
            assert_eq!(parse_network(text), None, "{text}");
        }
    }
}
