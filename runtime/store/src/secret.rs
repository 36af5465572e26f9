//! Secrets at rest: AES-256-GCM with a random nonce. The place of a secret (table, column, key of the row) and the id
//! of the encryption key are authenticated with it, so that a sealed secret can't be moved to another row.

use std::fmt;
use std::path::Path;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

use crate::error::{Error, Result};
use crate::files;
use crate::limits::{SECRET_BYTES_MAX, SIP_SECRET_CHARS};

const FORMAT: u8 = 1;
const KEY_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 8;
const NONCE_BYTES: usize = 12;
const HEAD_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_BYTES;

/// Letters and digits that can't be mistaken for each other when read aloud or typed into a phone. 32 of them, so
/// that five random bits choose one evenly.
const SECRET_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Where a secret is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecretPlace<'a> {
    /// Table.
    pub table: &'a str,
    /// Column.
    pub column: &'a str,
    /// Immutable key of the row.
    pub row: &'a str,
}

/// Seals and opens secrets with the data folder's key.
pub(crate) struct Vault {
    cipher: Aes256Gcm,
    key_id: [u8; KEY_ID_BYTES],
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.key_id())
    }
}

impl Vault {
    /// A vault with a given key of 32 bytes.
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Vault {
        let digest = blake3::derive_key("flowpbx 2026 id of a secret key", key);
        let mut key_id = [0; KEY_ID_BYTES];
        for (to, from) in key_id.iter_mut().zip(digest) {
            *to = from;
        }
        Vault { cipher: Aes256Gcm::new(key.into()), key_id }
    }

    /// The vault of a data folder; its key file is made (0600) when there is none and `may_create`.
    pub(crate) fn open(path: &Path, may_create: bool) -> Result<Vault> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Vault::new(&parse_key(&text)?)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && may_create => {
                let key: [u8; KEY_BYTES] = random()?;
                files::write_private(path, hex(&key).as_bytes())?;
                Ok(Vault::new(&key))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(Error::Key(format!(
                "the key file {} is missing, but the database holds secrets sealed with it; restore it from a backup",
                path.display()
            ))),
            Err(e) => Err(Error::file("read", path, e)),
        }
    }

    /// Id of the key, in hex. Says nothing about the key.
    pub(crate) fn key_id(&self) -> String {
        hex(&self.key_id)
    }

    /// Seals a secret for a place.
    pub(crate) fn seal(&self, place: SecretPlace<'_>, clear: &str) -> Result<Vec<u8>> {
        if clear.len() > SECRET_BYTES_MAX {
            return Err(Error::Invalid(format!("a secret may have at most {SECRET_BYTES_MAX} bytes")));
        }
        let nonce: [u8; NONCE_BYTES] = random()?;
        let payload = Payload { msg: clear.as_bytes(), aad: &self.aad(place) };
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| Error::Key("the secret can't be sealed".to_owned()))?;
        let mut out = Vec::with_capacity(HEAD_BYTES + sealed.len());
        out.push(FORMAT);
        out.extend_from_slice(&self.key_id);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens a sealed secret of a place.
    pub(crate) fn open_sealed(&self, place: SecretPlace<'_>, sealed: &[u8]) -> Result<String> {
        let fail = |why: &str| {
            Error::Key(format!("the secret {}.{} of `{}` {why}", place.table, place.column, place.row))
        };
        let (head, body) = sealed.split_at_checked(HEAD_BYTES).ok_or_else(|| fail("is cut short"))?;
        let (format, rest) = head.split_first().ok_or_else(|| fail("is cut short"))?;
        let (key_id, nonce) = rest.split_at_checked(KEY_ID_BYTES).ok_or_else(|| fail("is cut short"))?;
        if *format != FORMAT {
            return Err(fail("has an unknown format; was it written by a newer flowpbx?"));
        }
        if key_id != self.key_id {
            return Err(fail("was sealed with another key"));
        }
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| fail("is cut short"))?;
        let payload = Payload { msg: body, aad: &self.aad(place) };
        let clear =
            self.cipher.decrypt(&Nonce::from(nonce), payload).map_err(|_| fail("was changed or moved"))?;
        String::from_utf8(clear).map_err(|_| fail("isn't text"))
    }

    /// What is authenticated beside the secret. Lengths are written first, so that two places never look alike.
    fn aad(&self, place: SecretPlace<'_>) -> Vec<u8> {
        let mut aad = vec![FORMAT];
        aad.extend_from_slice(&self.key_id);
        for part in [place.table, place.column, place.row] {
            aad.extend_from_slice(&(part.len() as u64).to_le_bytes());
            aad.extend_from_slice(part.as_bytes());
        }
        aad
    }
}

/// A new SIP secret.
pub(crate) fn make_sip_secret() -> Result<String> {
    let bytes: [u8; SIP_SECRET_CHARS] = random()?;
    Ok(bytes
        .iter()
        .filter_map(|b| SECRET_ALPHABET.get(usize::from(b & 31)))
        .map(|c| char::from(*c))
        .collect())
}

/// Random bytes of the operating system.
///
/// # Errors
/// [`Error::Random`] when the system gives none.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::Random(e.to_string()))?;
    Ok(bytes)
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        for nibble in [b >> 4, b & 15] {
            out.extend(char::from_digit(u32::from(nibble), 16));
        }
        out
    })
}

fn parse_key(text: &str) -> Result<[u8; KEY_BYTES]> {
    let bad = || Error::Key("the key file must hold 64 hexadecimal digits".to_owned());
    let digits: Vec<u8> = text
        .trim()
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()).ok_or_else(bad))
        .collect::<Result<_>>()?;
    let mut key = [0; KEY_BYTES];
    if digits.len() != KEY_BYTES * 2 {
        return Err(bad());
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().fold(0, |acc, d| (acc << 4) | d);
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: SecretPlace<'_> = SecretPlace { table: "extensions", column: "sip_secret", row: "101" };

    #[test]
    fn a_sealed_secret_opens_only_in_its_place_and_with_its_key() {
        let vault = Vault::new(&[7; 32]);
        let sealed = vault.seal(PLACE, "open sesame").unwrap();
        assert!(!sealed.windows(4).any(|w| w == b"open"));
        assert_eq!(vault.open_sealed(PLACE, &sealed).unwrap(), "open sesame");
        assert!(vault.open_sealed(SecretPlace { row: "102", ..PLACE }, &sealed).is_err());
        assert!(Vault::new(&[8; 32]).open_sealed(PLACE, &sealed).is_err());
        for i in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[i] ^= 1;
            assert!(vault.open_sealed(PLACE, &bent).is_err(), "byte {i} may not be changed");
            assert!(vault.open_sealed(PLACE, &sealed[..i]).is_err(), "{i} bytes are too few");
        }
    }

    #[test]
    fn the_same_secret_is_sealed_differently_each_time() {
        let vault = Vault::new(&[7; 32]);
        assert_ne!(vault.seal(PLACE, "x").unwrap(), vault.seal(PLACE, "x").unwrap());
    }

    #[test]
    fn a_key_file_is_made_once_and_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        assert!(matches!(Vault::open(&path, false), Err(Error::Key(_))));
        let first = Vault::open(&path, true).unwrap().key_id();
        assert_eq!(Vault::open(&path, false).unwrap().key_id(), first);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "not a key").unwrap();
        assert!(matches!(Vault::open(&path, true), Err(Error::Key(_))));
    }

    #[test]
    fn made_secrets_are_long_and_differ() {
        let (a, b) = (make_sip_secret().unwrap(), make_sip_secret().unwrap());
        assert_eq!(a.len(), SIP_SECRET_CHARS);
        assert_ne!(a, b);
    }
}
