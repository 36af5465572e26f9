//! A dialog (RFC 3261 §12): what its requests are made of.

use std::net::SocketAddr;

use crate::cx::Cx;
use crate::event::{Flow, Transport};
use crate::limits::{HOPS_MAX, ROUTES_MAX};
use crate::message::{Headers, Incoming, Method, Name, NameAddr, Request, Response, Uri};

/// A dialog, or on the calling side the makings of one before the answer.
#[derive(Debug)]
pub(super) struct Dialog {
    pub call_id: String,
    pub local_tag: String,
    /// Empty before the answer on the calling side, and for RFC 2543 elements.
    pub remote_tag: String,
    /// Our From, without tag.
    local: String,
    /// Our To, with the tag once there is one.
    remote: String,
    /// The remote target: where the other side's Contact points.
    pub target: String,
    /// Route values, nearest first.
    routes: Vec<String>,
    pub local_cseq: u32,
    pub remote_cseq: u32,
    /// How the other side is reached when no route says otherwise.
    pub flow: Flow,
    /// The address that the other side shows isn't the one that it sends from, so only the latter is used.
    natted: bool,
}

impl Dialog {
    /// The calling side, before any response.
    pub(super) fn outgoing(cx: &mut Cx, flow: Flow, local: String, remote: String, target: String) -> Dialog {
        let call_id = cx.entropy.token(16);
        let local_tag = cx.entropy.token(8);
        // A phone is called where it registered from; a trunk at the very address that its URI names.
        let natted = Uri::read(&target).is_none_or(|uri| address_of(&uri) != Some(flow.remote));
        Dialog {
            call_id,
            local_tag,
            remote_tag: String::new(),
            local,
            remote,
            target,
            routes: Vec::new(),
            local_cseq: 0,
            remote_cseq: 0,
            flow,
            natted,
        }
    }

    /// The called side.
    pub(super) fn incoming(cx: &mut Cx, incoming: &Incoming, flow: Flow) -> Dialog {
        let headers = &incoming.request.headers;
        let via = incoming.request.top_via();
        let natted = via.is_none_or(|via| via.ip() != Some(flow.remote.ip()));
        let mut dialog = Dialog {
            call_id: incoming.ids.call_id.clone(),
            local_tag: cx.entropy.token(8),
            remote_tag: incoming.ids.from_tag.clone(),
            local: headers.get(&Name::To).unwrap_or_default().to_owned(),
            remote: headers.get(&Name::From).unwrap_or_default().to_owned(),
            target: String::new(),
            routes: headers.list(&Name::RecordRoute).take(ROUTES_MAX).map(str::to_owned).collect(),
            local_cseq: 0,
            remote_cseq: incoming.ids.cseq,
            flow,
            natted,
        };
        let from = headers.get(&Name::From).and_then(NameAddr::read).map_or("", |addr| addr.uri).to_owned();
        dialog.retarget(contact(headers).unwrap_or(&from).to_owned());
        dialog
    }

    /// The answer came: the dialog is with who sent it.
    pub(super) fn answered(&mut self, response: &Response, source: Flow) {
        self.remote_tag = response.to_tag().unwrap_or_default().to_owned();
        self.remote = response.headers.get(&Name::To).unwrap_or_default().to_owned();
        self.routes = response.headers.list(&Name::RecordRoute).take(ROUTES_MAX).map(str::to_owned).collect();
        self.routes.reverse();
        self.flow = source;
        if let Some(target) = contact(&response.headers) {
            self.retarget(target.to_owned());
        }
    }

    /// The dialog of another fork that answered as well.
    pub(super) fn fork(&self, response: &Response, source: Flow) -> Dialog {
        let mut fork = Dialog {
            call_id: self.call_id.clone(),
            local_tag: self.local_tag.clone(),
            remote_tag: String::new(),
            local: self.local.clone(),
            remote: String::new(),
            target: self.target.clone(),
            routes: Vec::new(),
            local_cseq: self.local_cseq,
            remote_cseq: 0,
            flow: source,
            natted: self.natted,
        };
        fork.answered(response, source);
        fork
    }

    /// Uses a new remote target (§12.2): where it points is where requests go, unless the other side is behind NAT.
    pub(super) fn retarget(&mut self, target: String) {
        if let Some(uri) = Uri::read(&target)
            && !self.natted
            && self.flow.connection.is_none()
            && let Some(remote) = address_of(&uri)
            && remote.ip() == self.flow.remote.ip()
        {
            self.flow.remote = remote;
        }
        self.target = target;
    }

    /// The stream that led to the other side is gone. Without NAT between, its Contact says where to open another
    /// (RFC 3261 §18.1.1); behind NAT only the other side can, and [`Dialog::follow`] then takes that one up.
    pub(super) fn stream_lost(&mut self) {
        self.flow.connection = None;
        if let Some(uri) = Uri::read(&self.target)
            && let Some(remote) = address_of(&uri)
            && remote.ip() == self.flow.remote.ip()
        {
            self.flow = Flow { transport: transport_of(&uri), remote, connection: None };
        }
    }

    /// A request inside the dialog came over `flow`. A stream from the same host is the one to answer over from now on:
    /// phones and trunks close idle ones and open others in the middle of a call.
    pub(super) fn follow(&mut self, flow: Flow) {
        if flow.connection.is_some()
            && self.flow.transport == Transport::Tcp
            && self.flow.remote.ip() == flow.remote.ip()
        {
            self.flow = flow;
        }
    }

    /// A request inside the dialog, with the next CSeq.
    pub(super) fn request(&mut self, cx: &mut Cx, method: Method) -> Request {
        self.local_cseq += 1;
        self.numbered(cx, method, self.local_cseq)
    }

    /// A request inside the dialog with a CSeq of the past: ACK for a 2xx (§13.2.2.4).
    pub(super) fn numbered(&self, cx: &mut Cx, method: Method, cseq: u32) -> Request {
        let (uri, routes) = self.route();
        let mut headers = Headers::default();
        headers.push(Name::Via, cx.via(self.next_hop().transport));
        headers.push(Name::MaxForwards, HOPS_MAX.to_string());
        for route in routes {
            headers.push(Name::Route, route);
        }
        headers.push(Name::From, format!("{};tag={}", self.local, self.local_tag));
        headers.push(Name::To, self.remote.as_str());
        headers.push(Name::CallId, self.call_id.as_str());
        headers.push(Name::CSeq, format!("{cseq} {method}"));
        headers.push(Name::UserAgent, cx.config.user_agent.as_str());
        Request { method, uri, headers, body: Vec::new() }
    }

    /// Request-URI and Route of a request (§12.2.1.1), for loose and strict first routes.
    fn route(&self) -> (String, Vec<String>) {
        let Some((first, rest)) = self.routes.split_first() else { return (self.target.clone(), Vec::new()) };
        let uri = NameAddr::read(first).map_or("", |addr| addr.uri);
        if Uri::read(uri).is_some_and(|uri| uri.param("lr").is_some()) {
            return (self.target.clone(), self.routes.clone());
        }
        let routes = rest.iter().cloned().chain([format!("<{}>", self.target)]).collect();
        (uri.to_owned(), routes)
    }

    /// Where requests go: the first route when it names an address, else the other side.
    pub(super) fn next_hop(&self) -> Flow {
        let first =
            self.routes.first().and_then(|first| NameAddr::read(first)).and_then(|addr| Uri::read(addr.uri));
        let Some((uri, remote)) = first.and_then(|uri| Some((uri, address_of(&uri)?))) else {
            return self.flow;
        };
        let transport = transport_of(&uri);
        if transport == self.flow.transport && (remote == self.flow.remote || self.flow.connection.is_some())
        {
            return self.flow;
        }
        Flow { transport, remote, connection: None }
    }
}

/// The URI of the first Contact.
pub(super) fn contact(headers: &Headers) -> Option<&str> {
    NameAddr::read(headers.list(&Name::Contact).next()?).map(|addr| addr.uri)
}

/// The transport that a URI names, or UDP (RFC 3263 §4.1).
fn transport_of(uri: &Uri<'_>) -> Transport {
    match uri.param("transport") {
        Some(word) if word.eq_ignore_ascii_case("tcp") => Transport::Tcp,
        Some(_) | None => Transport::Udp,
    }
}

/// The address that a URI names literally.
fn address_of(uri: &Uri<'_>) -> Option<SocketAddr> {
    Some(SocketAddr::new(uri.ip()?, uri.port.unwrap_or(5060)))
}
