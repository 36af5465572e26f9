//! The REST API of FlowPBX under `/api/v1`. It talks to the store through its threads and to whoever runs the calls
//! through [`Switchboard`]; it knows nothing of SIP or media.

mod auth;
mod board;
mod envelope;
pub mod limits;
mod query;
mod routes;

use std::sync::Arc;

use flow_store::{Handle, Reader, Store};
use tokio::sync::{Semaphore, oneshot};

pub use auth::Token;
pub use board::{ActiveCall, Later, Status, Switchboard, Unavailable};
pub use envelope::Failure;
pub use routes::router;

/// What the API works with. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    writer: Handle<Store>,
    reader: Handle<Reader>,
    board: Arc<dyn Switchboard>,
    token: Token,
    now_ms: fn() -> i64,
    slots: Arc<Semaphore>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Api")
    }
}

impl Api {
    /// An API over these. `now_ms` gives wall time in ms UTC.
    #[must_use]
    pub fn new(
        writer: Handle<Store>,
        reader: Handle<Reader>,
        board: Arc<dyn Switchboard>,
        token: Token,
        now_ms: fn() -> i64,
    ) -> Api {
        Api { writer, reader, board, token, now_ms, slots: Arc::new(Semaphore::new(limits::REQUESTS_MAX)) }
    }

    /// Reads the store.
    async fn read<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader) -> flow_store::Result<R> + Send + 'static,
    ) -> Result<R, Failure> {
        on(&self.reader, work).await
    }

    /// Writes what calls never read (drafts).
    async fn keep<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> flow_store::Result<R> + Send + 'static,
    ) -> Result<R, Failure> {
        on(&self.writer, work).await
    }

    /// Writes the store, then lets the switchboard take over what it holds. The answer is given after that, so that
    /// the next call sees the change. A task of its own, because a client that goes away ends its request's: what was
    /// stored would stay unknown to calls.
    async fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> flow_store::Result<R> + Send + 'static,
    ) -> Result<R, Failure> {
        let api = self.clone();
        let written = tokio::spawn(async move {
            let done = on(&api.writer, work).await?;
            api.board.reload().await.map_err(|Unavailable(why)| {
                tracing::error!(why, "a change is stored, but calls don't know it yet");
                Failure::busy(format!("the change is stored, but calls don't know it yet: {why}"))
            })?;
            Ok(done)
        });
        let lost = |_| Failure::internal("the change was interrupted; look at the server's log");
        written.await.map_err(lost)?
    }
}

/// Runs work on a store's thread and waits for its result.
async fn on<T: 'static, R: Send + 'static>(
    handle: &Handle<T>,
    work: impl FnOnce(&mut T) -> flow_store::Result<R> + Send + 'static,
) -> Result<R, Failure> {
    let (tell, told) = oneshot::channel();
    handle.send(move |store| {
        // Whoever asked may have gone; the work is done all the same.
        let _ = tell.send(work(store));
    })?;
    let result =
        told.await.map_err(|_| Failure::internal("the store gave no answer; look at the server's log"))?;
    Ok(result?)
}
