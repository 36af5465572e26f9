//! flow-call
