//! The moments at which a call comes that make a difference: one for every way in which the flow's time switches decide
//! together.

use std::collections::BTreeMap;

use flow_vm::effect::LocalTime;

use crate::diff::hours::exit;
use crate::entity::{EntityFacts, Hours, TimeSwitch};
use crate::graph::Graph;
use crate::world::World;
use crate::zone;

/// Monday 2026-03-02, and the hour of a call where nothing asks for the time.
const MONDAY: i32 = 20_514;
const TEN: u16 = 600;
/// Exceptions of one switch that are looked at.
const EXCEPTIONS_MAX: usize = 200;

/// Moments in milliseconds since 1970 UTC; one at least.
pub(super) fn of(graph: &Graph, world: &dyn World) -> Vec<i64> {
    let switches: Vec<&TimeSwitch> = switches(graph, world);
    let mut found: BTreeMap<Vec<String>, (usize, i64)> = BTreeMap::new();
    let candidates =
        switches.iter().flat_map(|s| candidates(s).into_iter().map(|at| (s.timezone.as_str(), at)));
    let own = zone(graph, world);
    let first = own.as_str();
    let usual = LocalTime { day: MONDAY, second: u32::from(TEN) * 60 };
    for (order, (zone, at)) in [(first, usual)].into_iter().chain(candidates).enumerate() {
        let Some(wall_ms) = zone::wall_ms(zone, at) else { continue };
        let decided = switches.iter().map(|s| decides(s, wall_ms)).collect();
        found.entry(decided).or_insert((order, wall_ms));
    }
    let mut moments: Vec<_> = found.into_values().collect();
    moments.sort_unstable();
    moments.into_iter().map(|(_, wall_ms)| wall_ms).collect()
}

/// The zone in which a flow's tests are written.
pub(super) fn zone(graph: &Graph, world: &dyn World) -> String {
    crate::expr::zone_of(graph, world).unwrap_or_else(|| "UTC".to_owned())
}

fn switches<'a>(graph: &Graph, world: &'a dyn World) -> Vec<&'a TimeSwitch> {
    let mut found: Vec<&TimeSwitch> = Vec::new();
    for node in graph.nodes.values() {
        let facts = node.kind.and_then(|k| world.entity(k.spec().entity.kind()?, node.entity_key()?));
        if let Some(EntityFacts::TimeSwitch(switch)) = facts
            && !found.iter().any(|known| known.key == switch.key)
        {
            found.push(switch);
        }
    }
    found
}

/// The beginnings and ends of everything that a switch knows, on the days of a week and on its exceptions.
fn candidates(switch: &TimeSwitch) -> Vec<LocalTime> {
    let edges = |hours: &[Hours]| hours.iter().flat_map(|h| [h.start, h.end % 1_440]).collect::<Vec<u16>>();
    let mut minutes: Vec<u16> = vec![0, TEN];
    minutes.extend(switch.rules.iter().flat_map(|r| edges(&r.hours)));
    let mut days: Vec<i32> = (MONDAY..MONDAY + 7).collect();
    for exception in switch.exceptions.iter().take(EXCEPTIONS_MAX) {
        minutes.extend(edges(&exception.hours));
        days.extend([exception.from.day, exception.to.day]);
    }
    minutes.sort_unstable();
    minutes.dedup();
    let at = |day: i32, minute: u16| LocalTime { day, second: u32::from(minute) * 60 };
    days.iter().flat_map(|day| minutes.iter().map(move |minute| at(*day, *minute))).collect()
}

/// The exit that a switch takes at a moment.
fn decides(switch: &TimeSwitch, wall_ms: i64) -> String {
    let Some(local) = zone::local_time(&switch.timezone, wall_ms) else { return String::new() };
    let minute = local.minute();
    let matches = |e: &&crate::entity::DateException| {
        let covers = |day: i32| (e.from.day..=e.to.day).contains(&day);
        let in_hours = |h: &Hours| match h.start < h.end {
            true => covers(local.day) && (h.start..h.end).contains(&minute),
            false => covers(local.day) && minute >= h.start || covers(local.day - 1) && minute < h.end,
        };
        if e.hours.is_empty() { covers(local.day) } else { e.hours.iter().any(in_hours) }
    };
    match switch.exceptions.iter().find(matches) {
        Some(exception) => exception.exit.clone(),
        None => exit(&switch.rules, local.weekday(), minute).to_owned(),
    }
}
