//! flow-api
