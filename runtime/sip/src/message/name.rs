//! Vocabulary: methods, header names with their compact forms, reason phrases. Each list exists once.

use std::fmt;

macro_rules! methods {
    ($($variant:ident = $text:literal),+ $(,)?) => {
        /// A request method. Method names are case-sensitive (RFC 3261 §7.1).
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Method {
            $($variant,)+
            /// One that is in no RFC we know.
            Extension(String),
        }

        impl Method {
            pub(crate) fn read(text: &str) -> Method {
                match text {
                    $($text => Method::$variant,)+
                    _ => Method::Extension(text.to_owned()),
                }
            }

            pub(crate) fn as_str(&self) -> &str {
                match self {
                    $(Method::$variant => $text,)+
                    Method::Extension(text) => text,
                }
            }
        }
    };
}

methods! {
    Invite = "INVITE",
    Ack = "ACK",
    Bye = "BYE",
    Cancel = "CANCEL",
    Options = "OPTIONS",
    Register = "REGISTER",
    Info = "INFO",
    Update = "UPDATE",
    Prack = "PRACK",
    Refer = "REFER",
    Notify = "NOTIFY",
    Subscribe = "SUBSCRIBE",
    Message = "MESSAGE",
    Publish = "PUBLISH",
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The methods that we answer, as Allow lists them.
pub(crate) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, UPDATE";

macro_rules! names {
    ($($variant:ident = $text:literal $(| $compact:literal)?),+ $(,)?) => {
        /// A header's name.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) enum Name {
            $($variant,)+
            /// One that we don't use, as it was written.
            Other(String),
        }

        /// Long forms and compact forms (RFC 3261 §7.3.3) of the headers that we use.
        const NAMES: &[(Name, &str, &str)] = &[$((Name::$variant, $text, names!(@ $($compact)?))),+];

        impl Name {
            pub(crate) fn as_str(&self) -> &str {
                match self {
                    $(Name::$variant => $text,)+
                    Name::Other(text) => text,
                }
            }
        }
    };
    (@ $compact:literal) => { $compact };
    (@) => { "" };
}

names! {
    Via = "Via" | "v",
    From = "From" | "f",
    To = "To" | "t",
    CallId = "Call-ID" | "i",
    CSeq = "CSeq",
    Contact = "Contact" | "m",
    MaxForwards = "Max-Forwards",
    ContentLength = "Content-Length" | "l",
    ContentType = "Content-Type" | "c",
    ContentEncoding = "Content-Encoding" | "e",
    RecordRoute = "Record-Route",
    Route = "Route",
    Authorization = "Authorization",
    ProxyAuthorization = "Proxy-Authorization",
    WwwAuthenticate = "WWW-Authenticate",
    ProxyAuthenticate = "Proxy-Authenticate",
    Expires = "Expires",
    MinExpires = "Min-Expires",
    UserAgent = "User-Agent",
    Server = "Server",
    Allow = "Allow",
    Accept = "Accept",
    Supported = "Supported" | "k",
    Unsupported = "Unsupported",
    Require = "Require",
    ProxyRequire = "Proxy-Require",
    Reason = "Reason",
    RetryAfter = "Retry-After",
    PAssertedIdentity = "P-Asserted-Identity",
    Privacy = "Privacy",
    Timestamp = "Timestamp",
    Warning = "Warning",
}

impl Name {
    pub(crate) fn read(text: &str) -> Name {
        let is = |other: &str| !other.is_empty() && text.eq_ignore_ascii_case(other);
        NAMES
            .iter()
            .find(|(_, long, compact)| is(long) || is(compact))
            .map_or_else(|| Name::Other(text.to_owned()), |(name, ..)| name.clone())
    }
}

/// The reason phrase of a status that we send.
pub(crate) fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        101..=199 => "Progress",
        201..=299 => "OK",
        300..=399 => "Redirected",
        402..=499 => "Request Failure",
        502..=599 => "Server Failure",
        _ => "Global Failure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_and_odd_case_names_are_the_long_ones() {
        for (name, long, compact) in NAMES {
            assert_eq!(&Name::read(long), name);
            assert_eq!(&Name::read(&long.to_uppercase()), name);
            if !compact.is_empty() {
                assert_eq!(&Name::read(compact), name);
                assert_eq!(&Name::read(&compact.to_uppercase()), name);
            }
        }
        assert_eq!(Name::read(""), Name::Other(String::new()), "an empty name is nobody's compact form");
    }

    #[test]
    fn methods_are_case_sensitive_and_read_back() {
        assert_eq!(Method::read("invite"), Method::Extension("invite".into()));
        for word in ALLOW.split(", ") {
            assert!(!matches!(Method::read(word), Method::Extension(_)), "{word}");
        }
    }
}
