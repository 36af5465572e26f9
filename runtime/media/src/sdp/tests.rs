//! Tests of SDP.
