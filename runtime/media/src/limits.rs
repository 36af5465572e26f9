//! Every bound of this crate.

use std::time::Duration;

/// Longest SDP body that is read, in bytes. Real offers with video and ICE are below 8 KiB.
pub const SDP_BYTES_MAX: usize = 16 * 1024;

/// Most m-lines of a body. RFC 3264 makes an answer repeat each, so this also bounds what is sent back.
pub const SDP_MEDIA_MAX: usize = 16;

/// Most formats of one m-line that are looked at.
pub const SDP_FORMATS_MAX: usize = 64;

/// Longest datagram that is taken, in bytes: an Ethernet frame's worth; G.711 needs 12 + 160.
pub const PACKET_BYTES_MAX: usize = 1_500;

/// How long a port rests before it is given out again, so that a late packet of the old call finds nobody.
pub const PORT_REST: Duration = Duration::from_secs(10);

/// Packets in a row that must agree on a source before it becomes the party.
pub const LATCH_PROBATION: u8 = 2;

/// Most sounds queued in one playback.
pub const SOUNDS_MAX: usize = 256;

/// Most recordings that one engine carries at a time.
pub const RECORDINGS_MAX: usize = 4_096;

/// Longest recording, in milliseconds, whatever is asked: 4 hours keep a WAV far below its 4 GiB.
pub const RECORD_MS_MAX: u32 = 4 * 60 * 60 * 1000;

/// Longest gap in a recorded stream that is filled with silence, in 8 kHz samples. A longer one is a jump of the party's clock.
pub const GAP_SAMPLES_MAX: u32 = 8_000 * 10;

/// Longest prompt file that is read, in bytes: ten minutes of 16 kHz PCM.
pub const PROMPT_BYTES_MAX: usize = 20 * 1024 * 1024;

/// Events waiting for `poll_event`; more are dropped and counted, which a host that drains never sees.
pub const EVENTS_MAX: usize = 65_536;

/// Pacing of what the engine itself plays.
pub const FRAME: Duration = Duration::from_millis(20);

/// Samples of a frame at 8 kHz.
pub const FRAME_SAMPLES: usize = 160;

/// A player that is later than this (a suspended machine) goes on from now instead of sending what it missed at once.
pub const CATCH_UP_MAX: Duration = Duration::from_millis(200);

/// How often RTCP reports are sent (RFC 3550 §6.2 minimum).
pub const RTCP_EVERY: Duration = Duration::from_secs(5);

/// How often a recording's header is rewritten, so that a killed process leaves a playable file.
pub const HEADER_EVERY: Duration = Duration::from_secs(1);
