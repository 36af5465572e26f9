//! Cutting a stream into messages by Content-Length (RFC 3261 §18.3).

use super::check::content_length;
use super::parse::{HeadEnd, head_end, skip_blank};
use super::{Name, Parsed, parse_framed, wire};
use crate::limits::{MESSAGE_BYTES_MAX, STREAM_BYTES_MAX};

/// The unread rest of one stream.
#[derive(Debug, Default)]
pub(crate) struct Framer {
    buffer: Vec<u8>,
    /// A head that is complete but waits for its body: where it ends, and how long the body is.
    pending: Option<(HeadEnd, usize)>,
}

/// What the next bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Message(Parsed),
    /// Double CRLF: a keep-alive that wants CRLF back (RFC 5626 §3.5.1).
    Ping,
    /// More bytes are needed.
    Wait,
    /// Where the next message begins can't be told: close the stream, after answering what could be read.
    Broken(Option<Parsed>),
}

impl Framer {
    /// Appends bytes; false when that is more than one message can need.
    #[must_use]
    pub(crate) fn push(&mut self, bytes: &[u8]) -> bool {
        self.buffer.extend_from_slice(bytes);
        self.buffer.len() <= STREAM_BYTES_MAX + bytes.len().min(STREAM_BYTES_MAX)
    }

    /// Bytes that wait for more.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        self.buffer.len()
    }

    pub(crate) fn next(&mut self) -> Frame {
        if self.pending.is_none() {
            if self.buffer.starts_with(b"\r\n\r\n") {
                self.buffer.drain(..4);
                return Frame::Ping;
            }
            // One CRLF may be half of a ping: it stays until the next byte tells.
            let blank = self.buffer.len() - skip_blank(&self.buffer).len();
            if blank == self.buffer.len() {
                return Frame::Wait;
            }
            self.buffer.drain(..blank);
        }
        let (end, length) = match self.pending {
            Some(pending) => pending,
            None => match self.find_head() {
                Ok(found) => found,
                Err(frame) => return frame,
            },
        };
        let HeadEnd::At { head, body } = end else { return Frame::Wait };
        if self.buffer.len() < body + length {
            self.pending = Some((end, length));
            return Frame::Wait;
        }
        self.pending = None;
        let message: Vec<u8> = self.buffer.drain(..body + length).collect();
        Frame::Message(parse_framed(
            message.get(..head).unwrap_or_default(),
            message.get(body..).unwrap_or_default(),
        ))
    }

    fn find_head(&self) -> Result<(HeadEnd, usize), Frame> {
        let (head, end) = match head_end(&self.buffer) {
            HeadEnd::NotYet => return Err(Frame::Wait),
            HeadEnd::TooLong => return Err(Frame::Broken(None)),
            end @ HeadEnd::At { head, .. } => (self.buffer.get(..head).unwrap_or_default(), end),
        };
        match body_length(head) {
            Some(length) if length <= MESSAGE_BYTES_MAX => Ok((end, length)),
            Some(_) | None => Err(Frame::Broken(Some(parse_framed(head, &[])))),
        }
    }
}

/// The one Content-Length of a head; none counts as 0 (it is mandatory here, but some clients leave it out of requests
/// without a body). `None` when it can't be read or stands twice with different values.
fn body_length(head: &[u8]) -> Option<usize> {
    let mut found = None;
    for line in head.split(|b| *b == b'\n') {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        let (name, value) = line.split_at_checked(colon)?;
        if Name::read(wire::to_text(name).trim_end()) != Name::ContentLength {
            continue;
        }
        let length = content_length(wire::to_text(value).trim_start_matches(':').trim())?;
        if found.replace(length).is_some_and(|other| other != length) {
            return None;
        }
    }
    Some(found.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::wildcard_enum_match_arm, reason = "a test names the one outcome it wants")]

    use super::*;

    const OPTIONS: &str = "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\n\
        To: <sip:h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n";

    #[test]
    fn messages_are_found_however_the_stream_is_cut() {
        let text =
            format!("\r\n{OPTIONS}l: 3\r\n\r\nabc\r\n\r\n{OPTIONS}\r\n{OPTIONS}Content-Length: 0\r\n\r\n");
        for step in [1, 2, 3, 7, 50, text.len()] {
            let (mut framer, mut bodies, mut pings) = (Framer::default(), Vec::new(), 0);
            for chunk in text.as_bytes().chunks(step) {
                assert!(framer.push(chunk));
                loop {
                    match framer.next() {
                        Frame::Message(Parsed::Request(request)) => bodies.push(request.body),
                        Frame::Ping => pings += 1,
                        Frame::Wait => break,
                        other => panic!("{other:?}"),
                    }
                }
            }
            assert_eq!(bodies, [b"abc".to_vec(), vec![], vec![]], "step {step}");
            assert_eq!((pings, framer.waiting()), (1, 0), "step {step}");
        }
    }

    #[test]
    fn a_length_that_cannot_be_read_breaks_the_stream_with_an_answer() {
        for line in ["Content-Length: -1", "l: 5\r\nContent-Length: 6", "l: 99999999999", "l: x"] {
            let mut framer = Framer::default();
            assert!(framer.push(format!("{OPTIONS}{line}\r\n\r\n").as_bytes()));
            match framer.next() {
                Frame::Broken(Some(Parsed::Refused(_, refusal))) => assert_eq!(refusal.status, 400, "{line}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn an_endless_head_breaks_the_stream() {
        let mut framer = Framer::default();
        assert!(framer.push(&vec![b'x'; crate::limits::HEAD_BYTES_MAX + 2]));
        assert_eq!(framer.next(), Frame::Broken(None));
    }
}
