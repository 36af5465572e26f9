//! What a phone does when it is challenged (RFC 3261 §22, RFC 7616, MD5 with `qop=auth`): the answer is put into later
//! INVITEs.

use md5::{Digest, Md5};

/// The last challenge, and how often it was answered.
#[derive(Clone, Debug, Default)]
pub struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    count: u32,
}

impl Challenge {
    /// Reads the challenge of a 407; the MD5 one when there are several.
    pub fn read(message: &str) -> Option<Challenge> {
        let line = message.lines().find(|line| {
            let lower = line.to_ascii_lowercase();
            lower.starts_with("proxy-authenticate") && !lower.contains("sha-256")
        })?;
        let value = |name: &str| {
            let (_, rest) = line.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| value.to_owned())
        };
        Some(Challenge { realm: value("realm")?, nonce: value("nonce")?, opaque: value("opaque"), count: 0 })
    }

    /// The Proxy-Authorization header for one more request.
    pub fn answer(&mut self, user: &str, secret: &str, method: &str, uri: &str) -> String {
        self.count += 1;
        let (nonce, nc, cnonce) = (&self.nonce, format!("{:08x}", self.count), "c0ffee");
        let a1 = hash(&format!("{user}:{}:{secret}", self.realm));
        let a2 = hash(&format!("{method}:{uri}"));
        let response = hash(&format!("{a1}:{nonce}:{nc}:{cnonce}:auth:{a2}"));
        let opaque = self.opaque.as_ref().map(|o| format!(", opaque=\"{o}\"")).unwrap_or_default();
        format!(
            "Proxy-Authorization: Digest username=\"{user}\", realm=\"{}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm=MD5, cnonce=\"{cnonce}\", qop=auth, nc={nc}{opaque}\r\n",
            self.realm
        )
    }
}

fn hash(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
