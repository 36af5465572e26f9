//! flow-sip
