//! The registrar (RFC 3261 §10.3) and the location service behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::cx::Cx;
use crate::event::{Binding, ConnectionId, Event, Flow, Transport};
use crate::limits::{BOUND_USERS_MAX, CONTACTS_PER_REQUEST_MAX, STORED_TEXT_BYTES_MAX};
use crate::message::{Incoming, Name, NameAddr, Response, Scheme, Uri, param};

/// Bindings by user.
#[derive(Default)]
pub(crate) struct Registrar {
    /// Oldest registration or refresh first.
    users: BTreeMap<String, Vec<Binding>>,
    /// When bindings end: time, user, contact.
    ends: BTreeSet<(Duration, String, String)>,
}

/// What one Contact of a REGISTER asks for.
struct Wish {
    contact: String,
    /// Zero: remove.
    expires: Duration,
}

/// A REGISTER that is refused.
pub(crate) struct No {
    pub status: u16,
    /// Min-Expires of a 423.
    pub min: Option<Duration>,
}

const BAD: No = No { status: 400, min: None };

impl Registrar {
    /// Carries out the REGISTER of `user`, who has proved the password.
    pub(crate) fn register(
        &mut self,
        cx: &mut Cx,
        incoming: &Incoming,
        flow: Flow,
        user: &str,
    ) -> Result<(), No> {
        let headers = &incoming.request.headers;
        let to = headers.get(&Name::To).and_then(NameAddr::read).map(|addr| addr.party().number);
        if to.as_deref() != Some(user) {
            return Err(No { status: 403, min: None });
        }
        if headers.all(&Name::Contact).any(|line| line == "*") {
            return self.remove_all(cx, incoming, user);
        }
        let wishes = wishes(cx, incoming)?;
        if self.users.len() >= BOUND_USERS_MAX && !self.users.contains_key(user) {
            return Err(No { status: 503, min: None });
        }
        // All or nothing (§10.3 step 7): look before changing anything.
        for wish in &wishes {
            if self.find(user, &wish.contact).is_some_and(|binding| is_old(binding, incoming)) {
                return Err(No { status: 500, min: None });
            }
        }
        for wish in wishes {
            self.remove(user, &wish.contact);
            if wish.expires.is_zero() {
                cx.events.push_back(Event::Unbound { user: user.to_owned(), contact: wish.contact });
                continue;
            }
            let agent = headers.get(&Name::UserAgent).unwrap_or("");
            let binding = Binding {
                user: user.to_owned(),
                contact: wish.contact,
                flow,
                user_agent: agent.chars().take(STORED_TEXT_BYTES_MAX / 4).collect(),
                call_id: incoming.ids.call_id.clone(),
                cseq: incoming.ids.cseq,
                expires: cx.now + wish.expires,
            };
            cx.events.push_back(Event::Bound(Box::new(binding.clone())));
            self.insert(binding);
        }
        self.trim(cx, user);
        Ok(())
    }

    /// `Contact: *` (§10.2.2).
    fn remove_all(&mut self, cx: &mut Cx, incoming: &Incoming, user: &str) -> Result<(), No> {
        let headers = &incoming.request.headers;
        let alone = headers.all(&Name::Contact).count() == 1;
        if !alone || headers.get(&Name::Expires).is_none_or(|text| text.parse() != Ok(0u32)) {
            return Err(BAD);
        }
        let bindings = self.users.get(user).cloned().unwrap_or_default();
        if bindings.iter().any(|binding| is_old(binding, incoming)) {
            return Err(No { status: 500, min: None });
        }
        for binding in bindings {
            self.remove(user, &binding.contact);
            cx.events.push_back(Event::Unbound { user: binding.user, contact: binding.contact });
        }
        Ok(())
    }

    /// Replaces the oldest contacts of a user who has too many.
    fn trim(&mut self, cx: &mut Cx, user: &str) {
        let max = cx.directory.users.get(user).map_or(1, |known| usize::from(known.max_registrations).max(1));
        while self.users.get(user).is_some_and(|bindings| bindings.len() > max) {
            let Some(oldest) = self.users.get(user).and_then(|bindings| bindings.first()).cloned() else {
                return;
            };
            self.remove(user, &oldest.contact);
            cx.events.push_back(Event::Unbound { user: oldest.user, contact: oldest.contact });
        }
    }

    /// Lists every contact of a user (§10.3 step 8).
    pub(crate) fn list(&self, now: Duration, user: &str, response: &mut Response) {
        for binding in self.users.get(user).into_iter().flatten() {
            let seconds = binding.expires.saturating_sub(now).as_secs();
            response.headers.push(Name::Contact, format!("<{}>;expires={seconds}", binding.contact));
        }
    }

    /// Puts stored bindings back.
    pub(crate) fn restore(&mut self, cx: &Cx, bindings: Vec<Binding>) {
        for binding in bindings {
            let Some(known) = cx.directory.users.get(&binding.user) else { continue };
            let here = self.users.get(&binding.user).map_or(0, Vec::len);
            let room =
                here < usize::from(known.max_registrations).max(1) && self.users.len() < BOUND_USERS_MAX;
            let flow = match binding.flow.transport {
                Transport::Udp => Some(binding.flow),
                Transport::Tcp => without_stream(&binding),
            };
            if let Some(flow) = flow.filter(|_| room && binding.expires > cx.now) {
                self.remove(&binding.user, &binding.contact);
                self.insert(Binding { flow, ..binding });
            }
        }
    }

    /// Ends the contacts of users who are no longer in the directory.
    pub(crate) fn keep_known(&mut self, cx: &mut Cx) {
        let gone: Vec<String> =
            self.users.keys().filter(|user| !cx.directory.users.contains_key(*user)).cloned().collect();
        for user in gone {
            for binding in self.users.get(&user).cloned().unwrap_or_default() {
                self.remove(&user, &binding.contact);
                cx.events.push_back(Event::Unbound { user: binding.user, contact: binding.contact });
            }
        }
    }

    /// Ends what has expired.
    pub(crate) fn expire(&mut self, cx: &mut Cx) {
        while let Some((at, user, contact)) = self.ends.first().cloned() {
            if at > cx.now {
                return;
            }
            self.remove(&user, &contact);
            cx.events.push_back(Event::Unbound { user, contact });
        }
    }

    pub(crate) fn next(&self) -> Option<Duration> {
        self.ends.first().map(|(at, ..)| *at)
    }

    /// The contacts that can be called, oldest first. `open` tells whether a stream still is. One whose stream is closed
    /// is called at the address that its URI names, when that is the address it came from (so no NAT is between).
    pub(crate) fn contacts(
        &self,
        now: Duration,
        user: &str,
        open: impl Fn(ConnectionId) -> bool,
    ) -> Vec<Binding> {
        let bindings = self.users.get(user).into_iter().flatten().filter(|binding| binding.expires > now);
        bindings
            .filter_map(|binding| match binding.flow.connection {
                Some(connection) if !open(connection) => {
                    without_stream(binding).map(|flow| Binding { flow, ..binding.clone() })
                }
                Some(_) | None => Some(binding.clone()),
            })
            .collect()
    }

    /// Whether `user` is registered from that address.
    pub(crate) fn is_registered_from(&self, user: &str, source: IpAddr) -> bool {
        self.users.get(user).into_iter().flatten().any(|binding| binding.flow.remote.ip() == source)
    }

    /// Whether some user registered over exactly this flow.
    pub(crate) fn is_phone(&self, flow: &Flow) -> bool {
        self.users.values().flatten().any(|binding| binding.flow == *flow)
    }

    fn find(&self, user: &str, contact: &str) -> Option<&Binding> {
        self.users.get(user)?.iter().find(|binding| binding.contact == contact)
    }

    fn insert(&mut self, binding: Binding) {
        self.ends.insert((binding.expires, binding.user.clone(), binding.contact.clone()));
        self.users.entry(binding.user.clone()).or_default().push(binding);
    }

    fn remove(&mut self, user: &str, contact: &str) {
        let Some(bindings) = self.users.get_mut(user) else { return };
        if let Some(at) = bindings.iter().position(|binding| binding.contact == contact) {
            let binding = bindings.remove(at);
            self.ends.remove(&(binding.expires, binding.user, binding.contact));
        }
        if bindings.is_empty() {
            self.users.remove(user);
        }
    }
}

/// Where a phone can be called whose stream has ended: the address in its URI, when that is the one it came from.
fn without_stream(binding: &Binding) -> Option<Flow> {
    let uri = Uri::read(&binding.contact)?;
    let ip = uri.ip().filter(|ip| *ip == binding.flow.remote.ip())?;
    let remote = SocketAddr::new(ip, uri.port.unwrap_or(5060));
    Some(Flow { transport: Transport::Tcp, remote, connection: None })
}

/// The same REGISTER again, or an older one (§10.3 step 7).
fn is_old(binding: &Binding, incoming: &Incoming) -> bool {
    binding.call_id == incoming.ids.call_id && incoming.ids.cseq <= binding.cseq
}

/// What the Contacts ask for, bounds applied.
fn wishes(cx: &Cx, incoming: &Incoming) -> Result<Vec<Wish>, No> {
    let headers = &incoming.request.headers;
    let bounds = cx.config.expires;
    let common = headers.get(&Name::Expires).and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let mut wishes = Vec::new();
    for value in headers.list(&Name::Contact) {
        let address = NameAddr::read(value).ok_or(BAD)?;
        let uri = Uri::read(address.uri).ok_or(BAD)?;
        let callable =
            matches!(uri.scheme, Scheme::Sip | Scheme::Sips) && address.uri.len() <= STORED_TEXT_BYTES_MAX;
        if !callable || wishes.len() >= CONTACTS_PER_REQUEST_MAX {
            return Err(BAD);
        }
        let own = param(address.params, "expires")
            .map(|text| text.parse().map_or(bounds.default, Duration::from_secs));
        let expires = own.or(common).unwrap_or(bounds.default);
        if !expires.is_zero() && expires < bounds.min {
            return Err(No { status: 423, min: Some(bounds.min) });
        }
        wishes.push(Wish { contact: address.uri.to_owned(), expires: expires.min(bounds.max) });
    }
    Ok(wishes)
}
