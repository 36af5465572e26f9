//! From the rows of the store to the facts that calls need: [`Office`] for call control, [`Directory`] for SIP.

use std::collections::BTreeMap;
use std::sync::Arc;

use flow_call::Office;
use flow_call::office::{Entry, Extension, Group, Mailbox, Number, Strategy, Trunk};
use flow_compiler::entity::catalog::Overlay;
use flow_compiler::world::Nothing;
use flow_compiler::{Source, compile::compile, read_text, world_of};
use flow_media::control::Pcm;
use flow_sip::{Binding, Directory, Flow, Secret, Transport, TrunkAcl, UserCredential};
use flow_store::{Prompt, Reader, Registration};
use flow_vm::Program;

use crate::prompts::Sounds;

/// The prompt before the beep of a mailbox that has none of its own.
const GREETING_DEFAULT: &str = "vm-greeting";

/// What was read from the store.
#[derive(Clone, Debug)]
pub struct Facts {
    /// For call control.
    pub office: Arc<Office>,
    /// For the SIP endpoint.
    pub directory: Arc<Directory>,
    /// What doesn't work, in words for a person.
    pub problems: Vec<String>,
}

/// Reads facts; keeps what is dear to make again.
#[derive(Debug)]
pub struct Loader {
    country: String,
    domain: String,
    sounds: Sounds,
    /// Programs of direct calls, by extension and seconds of ringing.
    direct: BTreeMap<(String, u16), Arc<Program>>,
}

impl Loader {
    /// A loader. `country`: ISO 3166 alpha-2, lower case; `domain`: the SIP realm.
    #[must_use]
    pub fn new(country: String, domain: String) -> Loader {
        Loader { country, domain, sounds: Sounds::default(), direct: BTreeMap::new() }
    }

    /// Reads all facts as they are at one moment. What is wrong with one thing doesn't hold up the others: it becomes a
    /// problem in words.
    ///
    /// # Errors
    /// When the database fails.
    pub fn load(&mut self, store: &Reader) -> flow_store::Result<Facts> {
        store.at_one_moment(|store| self.facts(store))
    }

    fn facts(&mut self, store: &Reader) -> flow_store::Result<Facts> {
        let mut problems = Vec::new();
        let extensions = self.extensions(store, &mut problems)?;
        let prompts = self.prompts(store, &mut problems)?;
        let office = Office {
            country: self.country.clone(),
            numbers: numbers(store, &mut problems)?,
            extensions,
            groups: groups(store)?,
            mailboxes: mailboxes(store, &prompts, &mut problems)?,
            menu_greetings: menu_greetings(store, &prompts, &mut problems)?,
            prompts,
            trunks: store.all_entities::<flow_store::Trunk>()?.into_iter().map(trunk).collect(),
        };
        let directory = self.directory(store, &mut problems)?;
        Ok(Facts { office: Arc::new(office), directory: Arc::new(directory), problems })
    }

    fn extensions(
        &mut self,
        store: &Reader,
        problems: &mut Vec<String>,
    ) -> flow_store::Result<BTreeMap<String, Extension>> {
        let rows = store.all_entities::<flow_store::Extension>()?;
        let timeout = |row: &flow_store::Extension| (row.key.clone(), row.ring_timeout_s);
        let wanted: Vec<(String, u16)> = rows.iter().map(timeout).collect();
        self.direct.retain(|key, _| wanted.contains(key));
        let mut extensions = BTreeMap::new();
        for row in rows {
            match self.direct_program(&row.key, row.ring_timeout_s) {
                Ok(program) => {
                    let direct = Entry { flow: row.key.clone(), program, entry: DIRECT_ENTRY.to_owned() };
                    let extension = Extension {
                        key: row.key.clone(),
                        name: row.label,
                        user: row.sip_username,
                        dnd: row.dnd,
                        direct,
                    };
                    extensions.insert(row.key, extension);
                }
                Err(problem) => problems.push(problem),
            }
        }
        Ok(extensions)
    }

    fn direct_program(&mut self, extension: &str, ring_timeout_s: u16) -> Result<Arc<Program>, String> {
        let key = (extension.to_owned(), ring_timeout_s);
        if let Some(known) = self.direct.get(&key) {
            return Ok(Arc::clone(known));
        }
        let program = Arc::new(direct_call(extension, ring_timeout_s)?);
        self.direct.insert(key, Arc::clone(&program));
        Ok(program)
    }

    fn prompts(
        &mut self,
        store: &Reader,
        problems: &mut Vec<String>,
    ) -> flow_store::Result<BTreeMap<String, Pcm>> {
        let rows = store.all_entities::<Prompt>()?;
        let files: Vec<&str> = rows.iter().map(|row| row.file.as_str()).collect();
        self.sounds.keep(&files);
        let mut prompts = BTreeMap::new();
        for row in &rows {
            match self.sounds.get(store.dir().root(), &row.file) {
                Ok(sound) => {
                    prompts.insert(row.key.clone(), sound);
                }
                Err(problem) => problems.push(format!("prompt `{}` can't be played: {problem}", row.key)),
            }
        }
        Ok(prompts)
    }

    fn directory(&self, store: &Reader, problems: &mut Vec<String>) -> flow_store::Result<Directory> {
        let user = |user: flow_store::SipUser| {
            let credential = UserCredential {
                secret: Secret::new(user.secret.reveal()),
                max_registrations: user.max_registrations,
            };
            (user.username, credential)
        };
        let mut trunks = Vec::new();
        for row in store.all_entities::<flow_store::Trunk>()?.into_iter().filter(|row| row.enabled) {
            let mut networks = Vec::new();
            for host in &row.remote_hosts.0 {
                match host.parse() {
                    Ok(network) => networks.push(network),
                    Err(error) => problems.push(format!("trunk `{}`: `{host}` is {error}", row.key)),
                }
            }
            trunks.push(TrunkAcl { trunk: row.key, networks });
        }
        let users = store.sip_users()?.into_iter().map(user).collect();
        Ok(Directory { domain: self.domain.clone(), users, trunks })
    }
}

/// Entry of the built-in program of a direct call.
const DIRECT_ENTRY: &str = "call";

/// The built-in program of a direct call: it rings one extension, and tells the caller how that went.
fn direct_call(extension: &str, ring_timeout_s: u16) -> Result<Program, String> {
    let key = quoted(extension);
    let text = format!(
        "flow direct {{\n\
           entry {DIRECT_ENTRY}: inbound_number \"+10000000000\" -> ring\n\
           ring: extension {key} {{\n\
             answered -> over\n no_answer -> gone\n busy -> busy\n declined -> declined\n unavailable -> gone\n\
           }}\n\
           over: hangup\n\
           gone: hangup {{ cause = unavailable }}\n\
           busy: hangup {{ cause = busy }}\n\
           declined: hangup {{ cause = rejected }}\n\
         }}\n\
         inbound_number \"+10000000000\"\n\
         extension {key} {{ ring_timeout = {ring_timeout_s}s }}\n"
    );
    let read = read_text(&[Source { name: "direct.flow", bytes: text.as_bytes() }]);
    let (declared, _) = world_of(&read.project);
    let world = Overlay { declared: &declared, base: &Nothing };
    let found = |findings: &[flow_compiler::diag::Diagnostic]| {
        let words: Vec<&str> = findings.iter().map(|found| found.message.as_str()).collect();
        format!("extension `{extension}` can't be called directly: {}", words.join("; "))
    };
    if !read.diagnostics.is_empty() {
        return Err(found(&read.diagnostics));
    }
    let graph = read.project.flows.values().next().ok_or_else(|| found(&[]))?;
    let compiled = compile(graph, &world);
    compiled.program.ok_or_else(|| found(&compiled.diagnostics))
}

/// A key as the text form wants it.
fn quoted(key: &str) -> String {
    format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
}

fn numbers(store: &Reader, problems: &mut Vec<String>) -> flow_store::Result<BTreeMap<String, Number>> {
    let mut programs = BTreeMap::new();
    for live in store.live_flows()? {
        match live {
            Ok(live) => {
                programs.insert(live.flow, Arc::new(live.program));
            }
            Err(error) => problems.push(error.to_string()),
        }
    }
    let mut numbers = BTreeMap::new();
    for route in store.number_routes()? {
        let Some(program) = programs.get(&route.flow) else {
            problems
                .push(format!("number {} leads to flow `{}`, which isn't live", route.number, route.flow));
            continue;
        };
        let entry = Entry { flow: route.flow, program: Arc::clone(program), entry: route.entry };
        numbers.insert(route.number, Number { trunk: route.trunk, entry });
    }
    Ok(numbers)
}

fn groups(store: &Reader) -> flow_store::Result<BTreeMap<String, Group>> {
    let rows = store.all_entities::<flow_store::RingGroup>()?;
    // The table's CHECK lets no other strategy in.
    let group = |row: flow_store::RingGroup| Group {
        key: row.key,
        members: row.members.0,
        strategy: Strategy::RingAll,
    };
    Ok(rows.into_iter().map(group).map(|group| (group.key.clone(), group)).collect())
}

fn mailboxes(
    store: &Reader,
    prompts: &BTreeMap<String, Pcm>,
    problems: &mut Vec<String>,
) -> flow_store::Result<BTreeMap<String, Mailbox>> {
    let mut mailboxes = BTreeMap::new();
    for row in store.all_entities::<flow_store::VoicemailBox>()? {
        let name = row.greeting.as_deref().unwrap_or(GREETING_DEFAULT);
        let greeting = prompts.get(name).or_else(|| prompts.get(GREETING_DEFAULT));
        if !prompts.contains_key(name) {
            problems.push(format!("mailbox `{}`: there is no prompt `{name}` to greet with", row.key));
        }
        let mailbox = Mailbox {
            key: row.key.clone(),
            greeting: greeting.cloned().into_iter().collect(),
            message_ms_max: u32::from(row.max_message_duration_s) * 1_000,
        };
        mailboxes.insert(row.key, mailbox);
    }
    Ok(mailboxes)
}

fn menu_greetings(
    store: &Reader,
    prompts: &BTreeMap<String, Pcm>,
    problems: &mut Vec<String>,
) -> flow_store::Result<BTreeMap<String, Pcm>> {
    let mut greetings = BTreeMap::new();
    for row in store.all_entities::<flow_store::IvrMenu>()? {
        match prompts.get(&row.greeting) {
            Some(sound) => {
                greetings.insert(row.key, Arc::clone(sound));
            }
            None => problems.push(format!("menu `{}`: there is no prompt `{}`", row.key, row.greeting)),
        }
    }
    Ok(greetings)
}

fn trunk(row: flow_store::Trunk) -> (String, Trunk) {
    (row.key.clone(), Trunk { key: row.key, channels_max: row.max_channels })
}

/// A stored contact on the endpoint's clock: `now` there is `now_ms` on the wall.
#[must_use]
pub fn binding(row: Registration, now: std::time::Duration, now_ms: i64) -> Binding {
    let left = u64::try_from(row.expires_ms.saturating_sub(now_ms)).unwrap_or(0);
    let transport = match row.transport {
        flow_store::Transport::Udp => Transport::Udp,
        flow_store::Transport::Tcp => Transport::Tcp,
    };
    Binding {
        user: row.username,
        contact: row.contact,
        flow: Flow { transport, remote: row.source, connection: None },
        user_agent: row.user_agent,
        call_id: row.sip_call_id,
        cseq: row.cseq,
        expires: now + std::time::Duration::from_millis(left),
    }
}

/// A contact as it is stored.
#[must_use]
pub fn registration(binding: &Binding, now: std::time::Duration, now_ms: i64) -> Registration {
    let left = i64::try_from(binding.expires.saturating_sub(now).as_millis()).unwrap_or(0);
    Registration {
        username: binding.user.clone(),
        contact: binding.contact.clone(),
        transport: match binding.flow.transport {
            Transport::Udp => flow_store::Transport::Udp,
            Transport::Tcp => flow_store::Transport::Tcp,
        },
        source: binding.flow.remote,
        user_agent: binding.user_agent.clone(),
        sip_call_id: binding.call_id.clone(),
        cseq: binding.cseq,
        registered_ms: now_ms,
        expires_ms: now_ms.saturating_add(left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direct_call_rings_and_tells_how_it_went() {
        let program = direct_call("101", 25).unwrap();
        assert_eq!(program.entries().collect::<Vec<_>>(), [DIRECT_ENTRY]);
        let listing = flow_vm::asm::disassemble(&program);
        assert!(listing.contains("ring_extension \"101\" 25000"), "{listing}");
        for cause in ["busy", "rejected", "unavailable", "normal"] {
            assert!(listing.contains(&format!("hangup {cause}")), "{listing}");
        }
    }

    #[test]
    fn contacts_cross_a_restart() {
        let binding = Binding {
            user: "101".to_owned(),
            contact: "sip:101@192.0.2.5:5062".to_owned(),
            flow: Flow {
                transport: Transport::Udp,
                remote: "192.0.2.5:5062".parse().unwrap(),
                connection: None,
            },
            user_agent: "x".to_owned(),
            call_id: "c".to_owned(),
            cseq: 7,
            expires: std::time::Duration::from_secs(100),
        };
        let row = registration(&binding, std::time::Duration::from_secs(40), 1_000_000);
        assert_eq!(row.expires_ms, 1_060_000);
        let back = super::binding(row, std::time::Duration::from_secs(5), 1_020_000);
        assert_eq!(back.expires, std::time::Duration::from_secs(45));
        assert_eq!((back.contact, back.flow, back.cseq), (binding.contact, binding.flow, 7));
    }
}
