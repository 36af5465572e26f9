//! Numbers that carriers send calls for, and where those calls enter which flow.

use flow_compiler::entity;
use flow_compiler::entity::spec::KeyType;
use rusqlite::{Connection, OptionalExtension};

use crate::entity::{Id, entity};
use crate::error::{Error, Result};

entity! {
    /// A number. Its key is the number in E.164, with its plus. Which flow has it is written by publishing that flow.
    InboundNumber as InboundNumber in "inbound_numbers", secrets [] {
        /// Key of the trunk that it comes by; any, if none is named.
        trunk: Option<String> = 1..=64,
        /// Whether calls to it are taken.
        enabled: bool = 0..=1,
    }
}

impl InboundNumber {
    /// The number with these facts; what facts don't say stays as it was.
    pub(crate) fn with_facts(
        facts: &entity::InboundNumber,
        old: Option<InboundNumber>,
    ) -> Result<InboundNumber> {
        if !KeyType::Number.fits(&facts.key) {
            return Err(Error::Invalid(format!(
                "`{}` isn't {}",
                facts.key.escape_debug(),
                KeyType::Number.wants()
            )));
        }
        let fresh = || InboundNumber {
            id: Id::new(0),
            key: facts.key.clone(),
            label: String::new(),
            trunk: None,
            enabled: true,
        };
        Ok(InboundNumber {
            label: facts.name.clone(),
            trunk: facts.trunk.clone(),
            ..old.unwrap_or_else(fresh)
        })
    }

    /// A number about which nothing else is known.
    pub(crate) fn plain(number: &str) -> Result<InboundNumber> {
        let facts = entity::InboundNumber { key: number.to_owned(), name: String::new(), trunk: None };
        InboundNumber::with_facts(&facts, None)
    }

    pub(crate) fn to_facts(&self) -> entity::InboundNumber {
        entity::InboundNumber { key: self.key.clone(), name: self.label.clone(), trunk: self.trunk.clone() }
    }
}

/// Where calls to a number go.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NumberRoute {
    /// The number in E.164.
    pub number: String,
    /// Key of the trunk that it must come by; any, if none is named.
    pub trunk: Option<String>,
    /// Key of the flow.
    pub flow: String,
    /// The entry node.
    pub entry: String,
}

/// The routes of all enabled numbers that a flow has, in the order of the numbers.
pub(crate) fn routes(conn: &Connection) -> Result<Vec<NumberRoute>> {
    let mut statement = conn.prepare_cached(
        "SELECT n.key, n.trunk, f.key, n.flow_entry_node FROM inbound_numbers n \
         JOIN call_flows f ON f.id = n.flow_id WHERE n.enabled ORDER BY n.key",
    )?;
    let rows = statement.query_map([], |r| {
        Ok(NumberRoute { number: r.get(0)?, trunk: r.get(1)?, flow: r.get(2)?, entry: r.get(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Gives a flow exactly these numbers (number, entry node); numbers that it had before lose their route.
/// A number of another flow is refused.
pub(crate) fn assign(
    conn: &Connection,
    flow_id: i64,
    numbers: &[(String, String)],
    now_ms: i64,
) -> Result<()> {
    conn.execute(
        "UPDATE inbound_numbers SET flow_id = NULL, flow_entry_node = NULL, updated_ms = ?2 WHERE flow_id = ?1",
        (flow_id, now_ms),
    )?;
    for (number, entry) in numbers {
        let owner: Option<Option<String>> = conn
            .query_row(
                "SELECT f.key FROM inbound_numbers n LEFT JOIN call_flows f ON f.id = n.flow_id WHERE n.key = ?1",
                [number],
                |r| r.get(0),
            )
            .optional()?;
        match owner {
            None => return Err(Error::not_found("number", number)),
            Some(Some(other)) => {
                return Err(Error::Invalid(format!(
                    "the number {number} enters flow `{other}` already; publish that flow without it first"
                )));
            }
            Some(None) => {}
        }
        conn.execute(
            "UPDATE inbound_numbers SET flow_id = ?2, flow_entry_node = ?3, updated_ms = ?4 WHERE key = ?1",
            (number, flow_id, entry, now_ms),
        )?;
    }
    Ok(())
}
