//! Digest authentication (RFC 3261 §22, RFC 7616, RFC 8760), without state for strangers.
//!
//! A nonce carries its time and is signed, so that none is stored when it is handed out. Only nonces that a right password
//! was shown for are remembered, with the counts used, so that a captured request can't be sent again.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use hmac::{Hmac, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::{Algorithm, Directory};
use crate::cx::{Cx, hex};
use crate::limits::{
    FAILURE_WINDOW, FAILURES_MAX, FAILURES_PER_SOURCE_MAX, FAILURES_PER_USER_MAX, NONCE_COUNT_WINDOW,
    NONCE_LIFE, NONCES_MAX, STORED_TEXT_BYTES_MAX,
};
use crate::message::{AuthParams, Headers, Name, Request};

/// What became of the credentials in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This user showed the right password.
    Proved(String),
    /// None for us, or of no use any more (`stale`): challenge.
    Challenge { stale: bool },
    /// Wrong.
    Denied,
    /// Too many were wrong; these were not looked at.
    Throttled,
}

/// Nonces and failures.
pub(crate) struct Auth {
    key: [u8; 32],
    /// By nonce; these begin with their time in hexadecimal, so the first is the oldest.
    used: BTreeMap<String, Counts>,
    /// Nonces issued up to then have been forgotten.
    floor: Duration,
    per_user: BTreeMap<(IpAddr, String), Failures>,
    per_source: BTreeMap<IpAddr, Failures>,
    /// When to look for what can be forgotten.
    next_sweep: Duration,
}

/// The counts used with one nonce: the highest, and which of those just below it.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    highest: u32,
    below: u64,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    since: Duration,
    count: u32,
}

/// How often tables are looked through for what can be forgotten; it costs as much as they are long.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

const _: () = assert!(NONCE_COUNT_WINDOW <= u64::BITS, "the window is a word of bits");

impl Counts {
    /// Uses a count; false when it was used before or lies too far back.
    fn take(&mut self, count: u32) -> bool {
        if count > self.highest {
            let up = count - self.highest;
            // The old highest becomes bit 0, the one below it bit 1, and so on.
            self.below = self.below.checked_shl(up).unwrap_or(0);
            if self.highest > 0 {
                self.below |= 1u64.checked_shl(up - 1).unwrap_or(0);
            }
            self.highest = count;
            return true;
        }
        let back = self.highest - count;
        if back == 0 || back > NONCE_COUNT_WINDOW {
            return false;
        }
        let bit = 1u64.checked_shl(back - 1).unwrap_or(0);
        let fresh = self.below & bit == 0;
        self.below |= bit;
        fresh
    }
}

impl Auth {
    pub(crate) fn new(key: [u8; 32]) -> Auth {
        Auth {
            key,
            used: BTreeMap::new(),
            floor: Duration::ZERO,
            per_user: BTreeMap::new(),
            per_source: BTreeMap::new(),
            next_sweep: Duration::ZERO,
        }
    }

    /// Adds one challenge for each algorithm, in the configured order, to `headers`.
    pub(crate) fn challenge(&self, cx: &mut Cx, headers: &mut Headers, name: &Name, stale: bool) {
        let nonce = self.nonce(cx);
        cx.stats.challenged += 1;
        for algorithm in &cx.config.algorithms {
            let realm = crate::message::quote(&cx.directory.domain);
            let stale = if stale { ", stale=true" } else { "" };
            headers.push(
                name.clone(),
                format!(
                    "Digest realm={realm}, nonce=\"{nonce}\", algorithm={}, qop=\"auth\"{stale}",
                    word(*algorithm)
                ),
            );
        }
    }

    fn nonce(&self, cx: &mut Cx) -> String {
        let issued = u64::try_from(cx.now.as_millis()).unwrap_or(u64::MAX);
        let body = format!("{issued:016x}{}", cx.entropy.token(8));
        let signature = self.sign(&body);
        body + &signature
    }

    fn sign(&self, body: &str) -> String {
        // HMAC takes a key of any length; the block-sized fallback can't be reached.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return String::new() };
        mac.update(body.as_bytes());
        hex(mac.finalize().into_bytes().get(..16).unwrap_or_default())
    }

    /// When a nonce of ours was issued; `None` when it isn't ours, too old, or forgotten.
    fn issued(&self, now: Duration, nonce: &str) -> Option<Duration> {
        let (body, signature) = nonce.split_at_checked(32)?;
        if !bool::from(self.sign(body).as_bytes().ct_eq(signature.as_bytes())) {
            return None;
        }
        let issued = Duration::from_millis(u64::from_str_radix(body.get(..16)?, 16).ok()?);
        (issued + NONCE_LIFE >= now && (issued > self.floor || self.floor.is_zero())).then_some(issued)
    }

    /// Looks at the credentials of a request. `registered` says whether a user is registered from this address: those are
    /// looked at even when the address has failed too often, so that one wrong password doesn't lock an office out.
    pub(crate) fn check(
        &mut self,
        cx: &mut Cx,
        request: &Request,
        source: IpAddr,
        registered: impl Fn(&str) -> bool,
    ) -> Verdict {
        let Some((params, algorithm)) = credentials(cx, request) else {
            return Verdict::Challenge { stale: false };
        };
        let get = |name: &str| params.get(name).unwrap_or("");
        let (user, nonce) = (get("username"), get("nonce"));
        if self.throttled(cx.now, source, user, registered) {
            cx.stats.throttled += 1;
            return Verdict::Throttled;
        }
        if self.issued(cx.now, nonce).is_none() {
            return Verdict::Challenge { stale: true };
        }
        let Some(count) = count(&params) else { return Verdict::Challenge { stale: false } };
        if !right(&cx.directory, request.method.as_str(), &params, algorithm) {
            cx.stats.auth_failed += 1;
            self.failed(cx.now, source, user);
            tracing::warn!(target: "sip", %source, user, "wrong SIP credentials");
            return Verdict::Denied;
        }
        self.per_user.remove(&(source, user.to_owned()));
        if self.use_nonce(nonce, count) {
            Verdict::Proved(user.to_owned())
        } else {
            Verdict::Challenge { stale: true }
        }
    }

    fn use_nonce(&mut self, nonce: &str, count: u32) -> bool {
        if self.used.len() >= NONCES_MAX
            && !self.used.contains_key(nonce)
            && let Some((oldest, _)) = self.used.pop_first()
        {
            let issued = oldest.get(..16).and_then(|text| u64::from_str_radix(text, 16).ok()).unwrap_or(0);
            self.floor = self.floor.max(Duration::from_millis(issued));
        }
        self.used.entry(nonce.to_owned()).or_default().take(count)
    }

    /// Forgets nonces that are too old to be used, and failures that no longer count.
    pub(crate) fn expire(&mut self, now: Duration) {
        if now < self.next_sweep {
            return;
        }
        self.next_sweep = now + SWEEP_EVERY;
        while let Some(first) = self.used.first_entry() {
            let issued =
                first.key().get(..16).and_then(|text| u64::from_str_radix(text, 16).ok()).unwrap_or(0);
            if Duration::from_millis(issued) + NONCE_LIFE >= now {
                break;
            }
            first.remove();
        }
        self.per_user.retain(|_, failures| failures.since + FAILURE_WINDOW > now);
        self.per_source.retain(|_, failures| failures.since + FAILURE_WINDOW > now);
    }

    fn throttled(
        &self,
        now: Duration,
        source: IpAddr,
        user: &str,
        registered: impl Fn(&str) -> bool,
    ) -> bool {
        let over = |failures: Option<&Failures>, max: u32| {
            failures.is_some_and(|failures| failures.count >= max && failures.since + FAILURE_WINDOW > now)
        };
        over(self.per_user.get(&(source, cut(user))), FAILURES_PER_USER_MAX)
            || (over(self.per_source.get(&source), FAILURES_PER_SOURCE_MAX) && !registered(user))
    }

    fn failed(&mut self, now: Duration, source: IpAddr, user: &str) {
        if self.per_user.len() >= FAILURES_MAX || self.per_source.len() >= FAILURES_MAX {
            self.expire(now);
        }
        let fresh = Failures { since: now, count: 0 };
        let bump = |failures: &mut Failures| {
            if failures.since + FAILURE_WINDOW <= now {
                *failures = fresh;
            }
            failures.count += 1;
        };
        if self.per_user.len() < FAILURES_MAX {
            bump(self.per_user.entry((source, cut(user))).or_insert(fresh));
        }
        if self.per_source.len() < FAILURES_MAX {
            bump(self.per_source.entry(source).or_insert(fresh));
        }
    }

    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.used.len() + self.per_user.len() + self.per_source.len()
    }
}

/// A name as a key of a table: bounded.
fn cut(user: &str) -> String {
    user.chars().take(STORED_TEXT_BYTES_MAX / 4).collect()
}

fn word(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Md5 => "MD5",
        Algorithm::Sha256 => "SHA-256",
    }
}

/// The credentials for our realm, with an algorithm that we offer; `MD5` when none is named.
fn credentials<'a>(cx: &Cx, request: &'a Request) -> Option<(AuthParams<'a>, Algorithm)> {
    [Name::Authorization, Name::ProxyAuthorization].iter().find_map(|name| {
        request.headers.all(name).find_map(|line| {
            let params =
                AuthParams::read(line).filter(|params| params.scheme.eq_ignore_ascii_case("Digest"))?;
            let named = params.get("algorithm").unwrap_or("MD5").to_owned();
            let offered = |algorithm: &&Algorithm| word(**algorithm).eq_ignore_ascii_case(&named);
            let algorithm = *cx.config.algorithms.iter().find(offered)?;
            (params.get("realm") == Some(cx.directory.domain.as_str())).then_some((params, algorithm))
        })
    })
}

/// `nc`, and 1 for clients without `qop`: they may use a nonce once. `None` for a `qop` that we didn't offer or a bad count.
fn count(params: &AuthParams<'_>) -> Option<u32> {
    match params.get("qop") {
        None => Some(1),
        Some(qop) if qop.eq_ignore_ascii_case("auth") => {
            u32::from_str_radix(params.get("nc")?, 16).ok().filter(|count| *count > 0)
        }
        Some(_) => None,
    }
}

/// Whether the response is right. An unknown user costs the same time as a known one.
fn right(directory: &Directory, method: &str, params: &AuthParams<'_>, algorithm: Algorithm) -> bool {
    let get = |name: &str| params.get(name).unwrap_or("");
    let known = directory.users.get(get("username"));
    let secret = known.map_or("", |user| user.secret.reveal());
    let h = |text: String| match algorithm {
        Algorithm::Md5 => hex(&Md5::digest(text)),
        Algorithm::Sha256 => hex(&Sha256::digest(text)),
    };
    let a1 = h(format!("{}:{}:{secret}", get("username"), directory.domain));
    let a2 = h(format!("{method}:{}", get("uri")));
    let want = match params.get("qop") {
        Some(qop) => h(format!("{a1}:{}:{}:{}:{qop}:{a2}", get("nonce"), get("nc"), get("cnonce"))),
        None => h(format!("{a1}:{}:{a2}", get("nonce"))),
    };
    let same = bool::from(want.as_bytes().ct_eq(get("response").to_ascii_lowercase().as_bytes()));
    same && known.is_some()
}

#[cfg(test)]
pub(crate) mod tests;
