//! Graph to IR: what a call does, node by node, from the entries on. Nodes that no call can reach are left out.
//!
//! What a kind does is in its own file (`impl Lower for …` in `nodes/<kind>.rs`); here is what they have in common:
//! where an exit leads, and what happens at one without an edge ([`Unwired`]).

use std::collections::BTreeMap;

use cranelift_entity::SecondaryMap;
use flow_vm::effect::{Cause, RingEnd};

use crate::entity::EntityFacts;
use crate::expr::{self, Expr, ExprError, Variables};
use crate::graph::{Graph, NodeId, Wiring};
use crate::ir::{Ask, Block, BlockEnd, BlockRef, Case, Entry, Heard, Ir, NodeInfo, NodeRef, Step, ring_word};
use crate::nodes::spec::{ExitSpec, Unwired};
use crate::nodes::{Config, Kind};
use crate::world::World;

/// Name of the prompt with which a caller is let go.
pub const GOODBYE_PROMPT: &str = "goodbye";

/// What a node kind does to a call.
pub trait Lower {
    /// Writes the blocks of one node, from [`Site::start`] on.
    ///
    /// # Errors
    /// A fact that the checks have to ask for is missing.
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole>;
}

/// A node that can't be lowered. The checks find every such node first, so that this says something only when they
/// were passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The node.
    pub node: NodeId,
    /// What is missing.
    pub missing: &'static str,
}

/// Lowers a flow that the checks found no errors in.
///
/// # Errors
/// The first node that can't be lowered.
pub fn lower(graph: &Graph, world: &dyn World) -> Result<Ir, Hole> {
    let mut flow = Lowering {
        graph,
        wiring: graph.wiring(),
        world,
        variables: Variables::of(graph),
        zone: expr::zone_of(graph, world),
        root: graph,
        prefix: String::new(),
        begun: BTreeMap::new(),
        pending: Vec::new(),
        ir: Ir::default(),
        known: SecondaryMap::new(),
        queue: Vec::new(),
    };
    for (id, node) in &graph.nodes {
        if node.kind.is_some_and(|kind| kind.spec().is_entry() && kind != Kind::Start) {
            let block = flow.first(id);
            flow.ir.entries.push(Entry { name: node.name.clone(), block });
        }
    }
    // Last in, first out: a path's blocks stand together, so that most jumps fall away.
    while let Some(node) = flow.queue.pop() {
        lower_node(&mut flow, node)?;
    }
    // Each subflow once, however often it is called.
    while let Some((callee, start)) = flow.pending.pop() {
        flow.graph = callee;
        flow.wiring = callee.wiring();
        flow.variables = Variables::of(callee);
        flow.zone = expr::zone_of(callee, world);
        flow.prefix = format!("{}/", callee.key);
        flow.known = SecondaryMap::new();
        flow.known.insert(start, flow.begun.get(callee.key.as_str()).copied());
        flow.queue.push(start);
        while let Some(node) = flow.queue.pop() {
            lower_node(&mut flow, node)?;
        }
    }
    Ok(flow.ir)
}

fn lower_node(flow: &mut Lowering<'_>, node: NodeId) -> Result<(), Hole> {
    let hole = |missing| Hole { node, missing };
    let source = flow.graph.nodes.get(node).ok_or_else(|| hole("the node"))?;
    let kind = source.kind.ok_or_else(|| hole("the kind"))?;
    let config = Config::read(source).ok_or_else(|| hole("the kind"))?;
    let facts = kind.spec().entity.kind().zip(source.entity_key());
    let facts = facts.and_then(|(entity, key)| flow.world.entity(entity, key));
    let start = flow.first(node);
    let exits = flow.root.library.exits_of(source, facts);
    let mut exits: Vec<_> = exits.into_iter().map(|(name, spec)| Exit { name, spec, block: None }).collect();
    exits.sort_by(|a, b| a.name.cmp(&b.name));
    let Some(at) = flow.known.get(node).copied().flatten() else { return Err(hole("the node")) };
    let mut site = Site { flow, node, at: at.node, start, facts, exits };
    match config {
        Config::InboundNumber(config) => config.lower(&mut site),
        Config::TimeSwitch(config) => config.lower(&mut site),
        Config::IvrMenu(config) => config.lower(&mut site),
        Config::RingGroup(config) => config.lower(&mut site),
        Config::Extension(config) => config.lower(&mut site),
        Config::Voicemail(config) => config.lower(&mut site),
        Config::PlayMessage(config) => config.lower(&mut site),
        Config::Hangup(config) => config.lower(&mut site),
        Config::SetCallerId(config) => config.lower(&mut site),
        Config::Set(config) => config.lower(&mut site),
        Config::Branch(config) => config.lower(&mut site),
        Config::Split(config) => config.lower(&mut site),
        Config::Status(config) => config.lower(&mut site),
        Config::Transfer(config) => config.lower(&mut site),
        Config::Conference(config) => config.lower(&mut site),
        Config::Queue(config) => config.lower(&mut site),
        Config::Webhook(config) => config.lower(&mut site),
        Config::Collect(config) => config.lower(&mut site),
        Config::Start(config) => config.lower(&mut site),
        Config::Subflow(config) => config.lower(&mut site),
        Config::ComeBack(config) => config.lower(&mut site),
    }
}

/// A flow being lowered.
struct Lowering<'a> {
    /// The flow whose program this is.
    root: &'a Graph,
    /// The flow that is being lowered: the root, then each subflow.
    graph: &'a Graph,
    /// What names of nodes begin by, so that those of subflows are told apart.
    prefix: String,
    /// The first blocks of subflows that something calls.
    begun: BTreeMap<&'a str, Start>,
    /// Subflows to be lowered, with their `start`.
    pending: Vec<(&'a Graph, NodeId)>,
    wiring: Wiring,
    world: &'a dyn World,
    variables: Variables,
    zone: Option<String>,
    ir: Ir,
    known: SecondaryMap<NodeId, Option<Start>>,
    queue: Vec<NodeId>,
}

/// A node that some block leads to.
#[derive(Clone, Copy)]
struct Start {
    node: NodeRef,
    block: BlockRef,
}

impl Lowering<'_> {
    /// The first block of a node, which is queued if it wasn't met before.
    fn first(&mut self, node: NodeId) -> BlockRef {
        if let Some(Some(start)) = self.known.get(node) {
            return start.block;
        }
        let name = self.graph.nodes.get(node).map(|n| n.name.as_str()).unwrap_or_default();
        let name = format!("{}{name}", self.prefix);
        let at = self.ir.nodes.push(NodeInfo { name, exits: Vec::new() });
        let block = self.reserve(at);
        self.known.insert(node, Some(Start { node: at, block }));
        self.queue.push(node);
        block
    }

    /// A block to be written later; unwritten, it hangs up.
    fn reserve(&mut self, node: NodeRef) -> BlockRef {
        self.ir.blocks.push(Block { node, steps: Vec::new(), end: BlockEnd::Hangup(Cause::Normal) })
    }
}

/// One node being lowered: what [`Lower`] writes to.
pub struct Site<'f, 'a> {
    flow: &'f mut Lowering<'a>,
    node: NodeId,
    at: NodeRef,
    start: BlockRef,
    facts: Option<&'a EntityFacts>,
    /// Sorted by name.
    exits: Vec<Exit>,
}

/// An exit of the node and, once something leads there, its block.
struct Exit {
    name: String,
    spec: &'static ExitSpec,
    block: Option<BlockRef>,
}

impl<'a> Site<'_, 'a> {
    /// The block at which calls come into the node. Begin it with [`Step::Enter`].
    #[must_use]
    pub const fn start(&self) -> BlockRef {
        self.start
    }

    /// The facts of the node's entity.
    #[must_use]
    pub const fn facts(&self) -> Option<&'a EntityFacts> {
        self.facts
    }

    /// The steps that compute an expression, and leave its value on the stack.
    ///
    /// # Errors
    /// It can't be read or computed, which the checks have said.
    pub fn steps(&self, expr: Result<Expr, ExprError>) -> Result<Vec<Step>, Hole> {
        expr.and_then(|e| e.steps(&self.flow.variables))
            .map_err(|_| self.hole("an expression that can be computed"))
    }

    /// Begins the block in which an expression is computed by these steps, and returns the block with the steps that leave
    /// its value on the stack. An expression that reads the clock asks for the time first; where it can't be told the call
    /// is let go.
    ///
    /// # Errors
    /// As [`Site::steps`], or the flow has no zone, which the checks have said.
    pub fn compute(
        &mut self,
        block: BlockRef,
        before: Vec<Step>,
        expr: Result<Expr, ExprError>,
    ) -> Result<(BlockRef, Vec<Step>), Hole> {
        self.compute_all(block, before, vec![expr])
    }

    /// The same with several expressions, whose values are on the stack in their order.
    ///
    /// # Errors
    /// As [`Site::compute`].
    pub fn compute_all(
        &mut self,
        block: BlockRef,
        mut before: Vec<Step>,
        exprs: Vec<Result<Expr, ExprError>>,
    ) -> Result<(BlockRef, Vec<Step>), Hole> {
        let asks_time = exprs.iter().flatten().any(Expr::asks_time);
        let mut steps = Vec::new();
        for expr in exprs {
            steps.extend(self.steps(expr)?);
        }
        if !asks_time {
            before.extend(steps);
            return Ok((block, before));
        }
        let zone = self.flow.zone.clone().ok_or_else(|| self.hole("a time zone"))?;
        let told = self.block();
        let lost = self.add(Vec::new(), BlockEnd::Hangup(Cause::Congestion));
        let effect = Ask::LocalTime { zone };
        self.write(block, before, BlockEnd::Ask { effect, cases: vec![(Case::Now, told)], otherwise: lost });
        Ok((told, steps))
    }

    /// Names of the inputs of the flow that is being lowered.
    #[must_use]
    pub fn inputs(&self) -> Vec<&'a str> {
        self.flow.graph.inputs().into_iter().map(|(name, _)| name).collect()
    }

    /// The number of one of the exits by which this flow comes back.
    #[must_use]
    pub fn own_exit(&self, name: &str) -> Option<u8> {
        let place = self.flow.graph.own_exits().iter().position(|exit| *exit == name)?;
        u8::try_from(place).ok()
    }

    /// How many variables this flow has.
    #[must_use]
    pub fn variables(&self) -> u8 {
        self.flow.variables.count()
    }

    /// The first block of another flow, and the names of its exits.
    ///
    /// # Errors
    /// There is no such flow, or no call can come into it.
    pub fn subflow(&mut self, key: &str) -> Result<(BlockRef, Vec<&'a str>), Hole> {
        let root: &'a Graph = self.flow.root;
        let callee = root.library.get(key).ok_or_else(|| self.hole("the flow"))?;
        let exits = callee.own_exits();
        if let Some(start) = self.flow.begun.get(callee.key.as_str()) {
            return Ok((start.block, exits));
        }
        let is_start = |(_, node): &(NodeId, &crate::graph::Node)| node.kind == Some(Kind::Start);
        let (id, node) =
            callee.nodes.iter().find(is_start).ok_or_else(|| self.hole("the start of the flow"))?;
        let name = format!("{}/{}", callee.key, node.name);
        let at = self.flow.ir.nodes.push(NodeInfo { name, exits: Vec::new() });
        let block = self.flow.reserve(at);
        self.flow.begun.insert(callee.key.as_str(), Start { node: at, block });
        self.flow.pending.push((callee, id));
        Ok((block, exits))
    }

    /// The number of a variable.
    ///
    /// # Errors
    /// There is none of this name, which the checks have said.
    pub fn variable(&self, name: &str) -> Result<u8, Hole> {
        let found: Option<expr::Variable> = self.flow.variables.get(name);
        found.map(|v| v.number).ok_or_else(|| self.hole("the variable"))
    }

    /// The number of the variable in which digits wait to be confirmed.
    ///
    /// # Errors
    /// The flow has none, which happens only where it has too many variables.
    pub fn aside(&self) -> Result<u8, Hole> {
        self.variable(expr::ASIDE)
    }

    /// The error for a missing fact.
    #[must_use]
    pub const fn hole(&self, missing: &'static str) -> Hole {
        Hole { node: self.node, missing }
    }

    /// A new block of this node.
    pub fn block(&mut self) -> BlockRef {
        self.flow.reserve(self.at)
    }

    /// Writes a block.
    pub fn write(&mut self, block: BlockRef, steps: Vec<Step>, end: BlockEnd) {
        if let Some(place) = self.flow.ir.blocks.get_mut(block) {
            place.steps = steps;
            place.end = end;
        }
    }

    /// Writes a new block.
    pub fn add(&mut self, steps: Vec<Step>, end: BlockEnd) -> BlockRef {
        let block = self.block();
        self.write(block, steps, end);
        block
    }

    /// Writes the beginning of a node that answers its caller: what follows goes into the block returned. A caller who
    /// can't be answered is let go.
    pub fn answer(&mut self, steps: Vec<Step>) -> BlockRef {
        let lost = self.add(Vec::new(), BlockEnd::Hangup(Cause::Normal));
        let answered = self.block();
        let end = BlockEnd::Ask { effect: Ask::Answer, cases: vec![(Case::Done, answered)], otherwise: lost };
        self.write(self.start, steps, end);
        answered
    }

    /// The cases of ringing, each to the exit of its name.
    pub fn ring_cases(&mut self) -> Vec<(Case, BlockRef)> {
        let ends =
            [RingEnd::Answered, RingEnd::NoAnswer, RingEnd::Busy, RingEnd::Declined, RingEnd::Unavailable];
        ends.map(|end| (Case::Ring(end), self.exit(ring_word(end)))).to_vec()
    }

    /// The block that leaves the node by an exit. An exit without an edge does what its spec says; the path of the call
    /// names the exit all the same, so that a busy phone is told from one that nobody answered.
    pub fn exit(&mut self, name: &str) -> BlockRef {
        let Some(found) = self.position(name) else {
            return self.add(Vec::new(), BlockEnd::Hangup(Cause::Normal));
        };
        match self.exits.get(found).and_then(|e| e.block) {
            Some(block) => block,
            None => {
                let ending = self.ending(name);
                self.leave(found, ending)
            }
        }
    }

    fn position(&self, exit: &str) -> Option<usize> {
        self.exits.binary_search_by(|e| e.name.as_str().cmp(exit)).ok()
    }

    /// What comes after an exit, by its own edge or by what it falls back to.
    fn ending(&self, name: &str) -> Ending {
        let mut name = name;
        // A fallback may fall back again, but never more often than there are exits.
        for _ in 0..=self.exits.len() {
            if let Some(node) = self.flow.wiring.target(self.flow.graph, self.node, name) {
                return Ending::Go(node);
            }
            match self.position(name).and_then(|at| self.exits.get(at)).map(|e| e.spec.unwired) {
                Some(Unwired::FallsTo(other)) => name = other,
                Some(Unwired::SaysGoodbye) => return Ending::Goodbye,
                Some(Unwired::Refused | Unwired::HangsUp) | None => return Ending::HangUp,
            }
        }
        Ending::HangUp
    }

    fn leave(&mut self, exit: usize, ending: Ending) -> BlockRef {
        let name = self.exits.get(exit).map(|e| e.name.clone()).unwrap_or_default();
        let names = self.flow.ir.nodes.get_mut(self.at).map(|n| &mut n.exits);
        let number = names.map_or(0, |names| {
            names.push(name);
            names.len() - 1
        });
        let block = self.block();
        let end = match ending {
            Ending::Go(node) => BlockEnd::Jump(self.flow.first(node)),
            Ending::HangUp => BlockEnd::Hangup(Cause::Normal),
            Ending::Goodbye => {
                let after = self.add(Vec::new(), BlockEnd::Hangup(Cause::Normal));
                let sound = Heard::Prompt(GOODBYE_PROMPT.to_owned());
                let effect = Ask::Play { sound, barge_in: false, early: false };
                BlockEnd::Ask { effect, cases: Vec::new(), otherwise: after }
            }
        };
        self.write(block, vec![Step::Leave(number)], end);
        if let Some(exit) = self.exits.get_mut(exit) {
            exit.block = Some(block);
        }
        block
    }
}

/// What comes after an exit.
enum Ending {
    Go(NodeId),
    HangUp,
    Goodbye,
}
