//! What a leg hears from us, frame by frame.

use crate::control::{JobId, Pcm};
use crate::limits::{FRAME_SAMPLES, SOUNDS_MAX};

/// A playback that runs.
#[derive(Debug)]
pub(crate) struct Player {
    pub job: JobId,
    sounds: Vec<Pcm>,
    /// Which sound, and how far into it.
    index: usize,
    at: usize,
    looped: bool,
}

impl Player {
    /// Sounds one after the other.
    pub fn once(job: JobId, mut sounds: Vec<Pcm>) -> Player {
        sounds.truncate(SOUNDS_MAX);
        Player { job, sounds, index: 0, at: 0, looped: false }
    }

    /// One sound over and over.
    pub fn looped(job: JobId, sound: Pcm) -> Player {
        // An empty one would be looked at for ever.
        let looped = !sound.is_empty();
        Player { job, sounds: vec![sound], index: 0, at: 0, looped }
    }

    /// The next 20 ms, the last filled up with silence; `None` at the end.
    pub fn frame(&mut self) -> Option<[i16; FRAME_SAMPLES]> {
        let mut frame = [0; FRAME_SAMPLES];
        let mut filled = 0;
        while let Some(room) = frame.get_mut(filled..).filter(|room| !room.is_empty()) {
            let Some(sound) = self.sounds.get(self.index) else { break };
            let rest = sound.get(self.at..).unwrap_or_default();
            let count = rest.len().min(room.len());
            room.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            filled += count;
            self.at += count;
            if self.at >= sound.len() {
                self.at = 0;
                self.index = if self.looped { 0 } else { self.index + 1 };
            }
        }
        (filled > 0).then_some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pcm(value: i16, count: usize) -> Pcm {
        vec![value; count].into()
    }

    #[test]
    fn sounds_follow_without_a_gap_and_the_end_is_filled_up() {
        let mut player = Player::once(JobId(1), vec![pcm(1, 100), pcm(2, 0), pcm(3, 100)]);
        let first = player.frame().unwrap();
        assert_eq!((first[99], first[100], first[159]), (1, 3, 3));
        let last = player.frame().unwrap();
        assert_eq!((last[39], last[40]), (3, 0));
        assert_eq!(player.frame(), None);
    }

    #[test]
    fn a_loop_goes_round() {
        let mut player = Player::looped(JobId(1), (0..100).collect());
        for round in 0..50 {
            assert_eq!(player.frame().unwrap()[0], (round * 160 % 100) as i16);
        }
        assert_eq!(Player::looped(JobId(1), pcm(0, 0)).frame(), None);
    }
}
