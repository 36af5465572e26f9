//! flow-media
