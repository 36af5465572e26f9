//! Merging two versions that were made of the same one: by node, edge, field, entity and test, not by line. What only one
//! side changed is taken from it; where both changed the same thing differently there is a conflict, which is told twice:
//! once as our side has it, once as theirs. Where nodes stand on the canvas is never a conflict.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::diag::{Code, Diagnostic};
use crate::entity::{EntityKind, spec};
use crate::graph::{Comments, Declaration, Field, Graph, Item, Part, Project, SourceFile, Test, Unread};
use crate::nodes::spec::FieldType;

mod flow;

/// Two versions merged.
#[derive(Clone, Debug)]
pub struct Merged {
    /// With our side where both changed the same.
    pub ours: Project,
    /// With their side there. The same as `ours` if there are no conflicts.
    pub theirs: Project,
    /// What both sides changed differently, in words, in the order of the project.
    pub conflicts: Vec<String>,
}

/// Whether a version can be merged so: everything in it was read, and nothing is there twice. `found` is what its reader
/// found.
#[must_use]
pub fn can_merge(project: &Project, found: &[Diagnostic]) -> bool {
    let is_kept = |d: &Diagnostic| !d.is_lost_by_converting() && d.code != Code::LayoutOfNothing;
    project.files.len() <= 1 && found.iter().all(is_kept) && is_once(project)
}

/// Merges two versions of one file. Each must be one that [`can_merge`].
#[must_use]
pub fn merge(base: &Project, ours: &Project, theirs: &Project) -> Merged {
    let mut our_way = Merge { theirs: false, conflicts: Vec::new() };
    let mut their_way = Merge { theirs: true, conflicts: Vec::new() };
    Merged {
        ours: our_way.project(base, ours, theirs),
        theirs: their_way.project(base, ours, theirs),
        conflicts: our_way.conflicts,
    }
}

/// Whether every name, key and exit is there once.
fn is_once(project: &Project) -> bool {
    fn once<K: Ord>(keys: impl Iterator<Item = K>) -> bool {
        let mut seen = BTreeSet::new();
        keys.into_iter().all(|key| seen.insert(key))
    }
    fn fields(all: &[Field]) -> bool {
        once(all.iter().map(|f| &f.name))
    }
    let flows = project.flows.values().all(|g| {
        once(g.nodes.values().map(|n| &n.name))
            && once(g.edges.values().map(|e| (e.source, &e.exit)))
            && g.nodes.values().all(|n| fields(&n.fields))
    });
    let entity = |d: &Declaration| {
        let parts = once(d.parts.iter().map(|p| (&p.word, &p.key)));
        fields(&d.fields) && parts && d.parts.iter().all(|p| fields(&p.fields))
    };
    flows
        && once(project.flows.values().map(|g| &g.key))
        && once(project.entities.values().map(|d| (d.kind, &d.key)))
        && project.entities.values().all(entity)
        && once(project.tests.values().map(|t| &t.name))
}

/// One thing in its three versions.
struct Three<T> {
    base: T,
    ours: T,
    theirs: T,
}

impl<T> Three<T> {
    fn new(base: T, ours: T, theirs: T) -> Self {
        Three { base, ours, theirs }
    }

    fn map<'s, U>(&'s self, of: impl Fn(&'s T) -> U) -> Three<U> {
        Three::new(of(&self.base), of(&self.ours), of(&self.theirs))
    }
}

/// What names a block of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Block {
    Flow(String),
    Layout(String),
    Entity(EntityKind, String),
    Test(String),
}

/// A merge that gives way to one side.
struct Merge {
    theirs: bool,
    conflicts: Vec<String>,
}

impl Merge {
    /// A value that is taken as a whole.
    fn value<T: PartialEq>(&mut self, of: Three<T>, what: impl FnOnce() -> String) -> T {
        if of.ours == of.theirs || of.base == of.theirs {
            return of.ours;
        }
        if of.base == of.ours {
            return of.theirs;
        }
        self.conflicts.push(what());
        if self.theirs { of.theirs } else { of.ours }
    }

    /// A value that nobody reads with care: ours, if both changed it.
    fn quiet<T: PartialEq>(of: Three<T>) -> T {
        if of.base == of.ours { of.theirs } else { of.ours }
    }

    /// Things with keys of their own, each merged by `one`, which is given what there is of it and gives what is left.
    /// The order is that of the side that changed it; what only the other has follows what stands before it there.
    fn keyed<K: Ord + Clone, T, U>(
        &mut self,
        of: &Three<Vec<(K, T)>>,
        mut one: impl FnMut(&mut Merge, &K, Three<Option<&T>>) -> Option<U>,
    ) -> Vec<(K, U)> {
        let maps = of.map(|side| side.iter().map(|(k, v)| (k, v)).collect::<BTreeMap<&K, &T>>());
        let keys = of.map(|side| side.iter().map(|(k, _)| k.clone()).collect::<Vec<K>>());
        let order = order(&keys);
        let merged = order.into_iter().filter_map(|key| {
            let three = maps.map(|map| map.get(&key).copied());
            let left = one(self, &key, three)?;
            Some((key, left))
        });
        merged.collect()
    }

    /// Whether something stays that one side may have removed. `same` says whether two versions of it are the same.
    fn stays<T>(
        &mut self,
        of: &Three<Option<&T>>,
        same: impl Fn(&T, &T) -> bool,
        what: impl FnOnce() -> String,
    ) -> bool {
        match (of.base, of.ours, of.theirs) {
            (_, Some(_), Some(_)) | (None, Some(_), None) | (None, None, Some(_)) => true,
            (_, None, None) => false,
            (Some(base), Some(left), None) => {
                if same(base, left) {
                    return false;
                }
                self.conflicts.push(what());
                !self.theirs
            }
            (Some(base), None, Some(left)) => {
                if same(base, left) {
                    return false;
                }
                self.conflicts.push(what());
                self.theirs
            }
        }
    }

    fn project(&mut self, base: &Project, ours: &Project, theirs: &Project) -> Project {
        let of = Three::new(base, ours, theirs);
        let mut merged = Project::default();
        let mut items: BTreeMap<Block, Item> = BTreeMap::new();
        let flows = of.map(|p| p.flows.values().map(|g| (g.key.clone(), g)).collect::<Vec<_>>());
        for (key, graph) in
            self.keyed(&flows, |merge, key, graph| merge.flow(key, &graph.map(|g| g.copied())))
        {
            let id = merged.flows.push(graph);
            items.insert(Block::Flow(key.clone()), Item::Flow(id));
            items.insert(Block::Layout(key), Item::Layout(id));
        }
        let entities =
            of.map(|p| p.entities.values().map(|d| ((d.kind, d.key.clone()), d)).collect::<Vec<_>>());
        for ((kind, key), declaration) in
            self.keyed(&entities, |merge, _, entity| merge.entity(&entity.map(|d| d.copied())))
        {
            items.insert(Block::Entity(kind, key), Item::Entity(merged.entities.push(declaration)));
        }
        let tests = of.map(|p| p.tests.values().map(|t| (t.name.clone(), t)).collect::<Vec<_>>());
        for (name, test) in
            self.keyed(&tests, |merge, name, test| merge.test(name, &test.map(|t| t.copied())))
        {
            items.insert(Block::Test(name), Item::Test(merged.tests.push(test)));
        }
        let blocks = of.map(|p| blocks(p).into_iter().map(|b| (b, ())).collect::<Vec<_>>());
        let order = self.keyed(&blocks, |_, block, _| items.get(block).copied());
        let text = |get: fn(&SourceFile) -> &Vec<String>| {
            of.map(|p| p.files.values().next().map(|f| get(f).clone()).unwrap_or_default())
        };
        let head = self.value(text(|f| &f.head), || "the comment at the top".to_owned());
        let tail = self.value(text(|f| &f.tail), || "the comment at the end".to_owned());
        let items = order.into_iter().map(|(_, item)| item).collect();
        merged.files.push(SourceFile { name: String::new(), text: String::new(), items, head, tail });
        merged
    }

    fn entity(&mut self, of: &Three<Option<&Declaration>>) -> Option<Declaration> {
        let any = of.ours.or(of.theirs)?;
        let name = format!("{} `{}`", any.kind.noun(), any.key);
        if !self.stays(of, |a, b| a == b, || format!("{name}: removed and changed")) {
            return None;
        }
        let side =
            |d: &Option<&Declaration>| d.cloned().unwrap_or_else(|| Declaration::new(any.kind, &any.key, ""));
        let of = of_present(of, side);
        let lists = spec::of(any.kind)
            .fields
            .iter()
            .filter(|f| matches!(f.ty, FieldType::Refs(_) | FieldType::Networks));
        let lists: Vec<&str> = lists.map(|f| f.name).collect();
        let parts = of.map(|d| {
            d.parts.iter().map(|p| ((p.word.clone(), p.key.clone()), p.clone())).collect::<Vec<_>>()
        });
        let parts = self.keyed(&parts, |merge, (word, key), part| {
            let name = format!("{name}: `{word} {key}`");
            merge.part(&name, &part)
        });
        Some(Declaration {
            unread: Unread::default(),
            label: self.value(of.map(|d| d.label.clone()), || format!("{name}: its label")),
            id: of.ours.id,
            fields: self.fields(&name, &of.map(|d| d.fields.clone()), &lists),
            parts: parts.into_iter().map(|(_, part)| part).collect(),
            comments: self.comments(&name, of.map(|d| d.comments.clone())),
            ..Declaration::new(any.kind, &any.key, "")
        })
    }

    fn part(&mut self, name: &str, of: &Three<Option<&Part>>) -> Option<Part> {
        let any = of.ours.or(of.theirs)?;
        if !self.stays(of, |a, b| a == b, || format!("{name}: removed and changed")) {
            return None;
        }
        let empty =
            Part { label: String::new(), fields: Vec::new(), comments: Comments::default(), ..any.clone() };
        let of = of_present(of, |p: &Option<&Part>| p.cloned().unwrap_or_else(|| empty.clone()));
        Some(Part {
            label: self.value(of.map(|p| p.label.clone()), || format!("{name}: its label")),
            fields: self.fields(name, &of.map(|p| p.fields.clone()), &[]),
            comments: self.comments(name, of.map(|p| p.comments.clone())),
            ..empty
        })
    }

    fn test(&mut self, name: &str, of: &Three<Option<&Test>>) -> Option<Test> {
        let said = || format!("test \"{name}\"");
        if !self.stays(of, |a, b| a == b, || format!("{}: removed and changed", said())) {
            return None;
        }
        let any = of.ours.or(of.theirs)?;
        let of = of_present(of, |t: &Option<&Test>| t.cloned());
        self.value(of, said).or_else(|| Some(any.clone()))
    }

    /// Fields by name. Lists of members and hosts are merged member by member.
    fn fields(&mut self, name: &str, of: &Three<Vec<Field>>, lists: &[&str]) -> Vec<Field> {
        let keyed = of.map(|fields| fields.iter().map(|f| (f.name.clone(), f.clone())).collect::<Vec<_>>());
        let merged = self.keyed(&keyed, |merge, field, versions| {
            let said = || format!("{name}: `{field}`");
            if !merge.stays(
                &versions,
                |a, b| a.value == b.value,
                || format!("{}: removed and changed", said()),
            ) {
                return None;
            }
            let any = versions.ours.or(versions.theirs)?;
            let values = of_present(&versions, |f: &Option<&Field>| f.map(|f| f.value.clone()));
            let value = match (&values.base, &values.ours, &values.theirs) {
                (Some(Value::Array(base)), Some(Value::Array(ours)), Some(Value::Array(theirs)))
                    if lists.contains(&field.as_str()) =>
                {
                    merge.members(base, ours, theirs)
                }
                (_, _, _) => merge.value(values, said)?,
            };
            let comments =
                of_present(&versions, |f: &Option<&Field>| f.map(|f| f.comments.clone()).unwrap_or_default());
            let comments = merge.comments(&said(), comments);
            Some(Field { value, comments, ..any.clone() })
        });
        merged.into_iter().map(|(_, field)| field).collect()
    }

    fn members(&mut self, base: &[Value], ours: &[Value], theirs: &[Value]) -> Value {
        let keyed = |list: &[Value]| list.iter().map(|v| (v.to_string(), v.clone())).collect::<Vec<_>>();
        let of = Three::new(keyed(base), keyed(ours), keyed(theirs));
        let merged = self.keyed(&of, |merge, _, member| {
            let stays = merge.stays(&member, |_, _| true, String::new);
            member.ours.or(member.theirs).filter(|_| stays).cloned()
        });
        merged.into_iter().map(|(_, member)| member).collect()
    }

    fn comments(&mut self, name: &str, of: Three<Comments>) -> Comments {
        self.value(of, || format!("{name}: its comment"))
    }

    /// Members that nobody knows, by name.
    fn members_of_json(&mut self, name: &str, of: &Three<Map<String, Value>>) -> Map<String, Value> {
        let keyed = of.map(|map| map.iter().map(|(k, v)| (k.clone(), v.clone())).collect::<Vec<_>>());
        let merged = self.keyed(&keyed, |merge, key, versions| {
            let versions = versions.map(|v| v.cloned());
            merge.value(versions, || format!("{name}: `{key}`"))
        });
        merged.into_iter().collect()
    }
}

/// The versions of something that is there. Where the base has none, what both sides wrote is compared with nothing; a side
/// that removed it counts as unchanged, for whether it stays was decided before.
fn of_present<T, U: Clone + PartialEq>(of: &Three<Option<&T>>, side: impl Fn(&Option<&T>) -> U) -> Three<U> {
    let base = side(&of.base);
    let ours = if of.ours.is_some() { side(&of.ours) } else { base.clone() };
    let theirs = if of.theirs.is_some() { side(&of.theirs) } else { base.clone() };
    Three { base, ours, theirs }
}

fn blocks(project: &Project) -> Vec<Block> {
    let items = project.files.values().flat_map(|f| &f.items);
    let flow = |id| project.flows.get(id).map(|g: &Graph| g.key.clone());
    items
        .filter_map(|item| match item {
            Item::Flow(id) => flow(*id).map(Block::Flow),
            Item::Layout(id) => flow(*id).map(Block::Layout),
            Item::Entity(id) => project.entities.get(*id).map(|d| Block::Entity(d.kind, d.key.clone())),
            Item::Test(id) => project.tests.get(*id).map(|t| Block::Test(t.name.clone())),
        })
        .collect()
}

/// All keys of both sides in one order: theirs, if only they changed it, otherwise ours.
fn order<K: Ord + Clone>(of: &Three<Vec<K>>) -> Vec<K> {
    let known: BTreeSet<&K> = of.base.iter().collect();
    let in_both = |side: &'_ [K], other: &[K]| -> Vec<K> {
        let other: BTreeSet<&K> = other.iter().collect();
        side.iter().filter(|k| known.contains(k) && other.contains(k)).cloned().collect()
    };
    let ours_moved = in_both(&of.ours, &of.base) != in_both(&of.base, &of.ours);
    let theirs_moved = in_both(&of.theirs, &of.base) != in_both(&of.base, &of.theirs);
    let (first, second) =
        if theirs_moved && !ours_moved { (&of.theirs, &of.ours) } else { (&of.ours, &of.theirs) };
    let mut missing: BTreeMap<Option<&K>, Vec<&K>> = BTreeMap::new();
    let has: BTreeSet<&K> = first.iter().collect();
    let mut before = None;
    for key in second {
        if has.contains(key) {
            before = Some(key);
        } else {
            missing.entry(before).or_default().push(key);
        }
    }
    let mut all: Vec<K> = Vec::with_capacity(first.len());
    all.extend(missing.remove(&None).into_iter().flatten().cloned());
    for key in first {
        all.push(key.clone());
        all.extend(missing.remove(&Some(key)).into_iter().flatten().cloned());
    }
    all
}
