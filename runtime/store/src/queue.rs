//! A thread that owns a store and runs what is sent to it, in order. The call loop never waits for SQLite: it sends and
//! goes on; what must be answered answers through a channel of the sender's own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::error::{Error, Result};
use crate::limits::QUEUE_COMMANDS_MAX;

type Work<T> = Box<dyn FnOnce(&mut T) + Send>;

enum Job<T> {
    Run(Work<T>),
    Stop,
}

/// Sends work to a store's thread. Cheap to clone.
pub struct Handle<T> {
    sender: SyncSender<Job<T>>,
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Handle { sender: self.sender.clone() }
    }
}

impl<T> std::fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle")
    }
}

impl<T> Handle<T> {
    /// Sends work without waiting. The order of one sender's work is kept.
    ///
    /// # Errors
    /// [`Error::Busy`] when [`QUEUE_COMMANDS_MAX`] commands wait already, or the thread has ended; the work isn't done.
    pub fn send(&self, work: impl FnOnce(&mut T) + Send + 'static) -> Result<()> {
        self.sender.try_send(Job::Run(Box::new(work))).map_err(|_| Error::Busy)
    }
}

/// The thread. Ends by [`Thread::finish`].
#[derive(Debug)]
pub struct Thread<T> {
    handle: Handle<T>,
    join: JoinHandle<()>,
}

impl<T: Send + 'static> Thread<T> {
    /// Starts a thread that owns `store`.
    ///
    /// # Errors
    /// [`Error::File`] when the system gives no thread.
    pub fn start(name: &'static str, store: T) -> Result<Thread<T>> {
        let (sender, receiver) = sync_channel(QUEUE_COMMANDS_MAX);
        let join = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(store, &receiver))
            .map_err(|e| Error::file("start the thread", name.as_ref(), e))?;
        Ok(Thread { handle: Handle { sender }, join })
    }

    /// A handle to send work by.
    #[must_use]
    pub fn handle(&self) -> Handle<T> {
        self.handle.clone()
    }

    /// Does what was sent before, then ends the thread and drops the store. Waits for it.
    pub fn finish(self) {
        // A thread that has ended takes no message; either way it is joined.
        let _ = self.handle.sender.send(Job::Stop);
        let _ = self.join.join();
    }
}

fn run<T>(mut store: T, receiver: &Receiver<Job<T>>) {
    while let Ok(job) = receiver.recv() {
        match job {
            // A transaction that a panic interrupts is rolled back when it is dropped, so the store is sound after it.
            Job::Run(work) => {
                if catch_unwind(AssertUnwindSafe(|| work(&mut store))).is_err() {
                    tracing::error!("a command of the store panicked; its changes were rolled back");
                }
            }
            Job::Stop => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn work_is_done_in_order_and_survives_a_panic() {
        let thread = Thread::start("test", Vec::new()).unwrap();
        let handle = thread.handle();
        handle.send(|v: &mut Vec<u8>| v.push(1)).unwrap();
        handle.send(|_| panic!("on purpose")).unwrap();
        handle.send(|v| v.push(2)).unwrap();
        let (tx, rx) = channel();
        handle.send(move |v| tx.send(v.clone()).unwrap()).unwrap();
        assert_eq!(rx.recv().unwrap(), [1, 2]);
        thread.finish();
        assert!(matches!(handle.send(|_| {}), Err(Error::Busy)));
    }

    #[test]
    fn a_full_queue_refuses() {
        let thread = Thread::start("test", ()).unwrap();
        let handle = thread.handle();
        let (tx, rx) = channel::<()>();
        handle.send(move |()| rx.recv().unwrap()).unwrap();
        let accepted = (0..=QUEUE_COMMANDS_MAX).take_while(|_| handle.send(|()| {}).is_ok()).count();
        assert!(accepted <= QUEUE_COMMANDS_MAX);
        tx.send(()).unwrap();
        thread.finish();
    }
}
