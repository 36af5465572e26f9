//! The server: store, calls, sockets, API, from start to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flow_api::{Api, Token, router};
use flow_store::{DataDir, NewSecret, Reader, Store, Thread};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::wall_ms;
use crate::config::{DataArgs, Settings};
use crate::core::{self, CoreConfig, Running};
use crate::welcome::{self, Places};
use crate::{client, setup};

/// How long running calls may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(5);
/// After how long without a packet from both sides a call is dead.
const MEDIA_TIMEOUT: Duration = Duration::from_secs(60);
/// How long requests that are being answered may take once the server stops.
const HTTP_GRACE: Duration = Duration::from_secs(2);

/// Runs the server until it is told to stop (Ctrl-C, SIGTERM). `print` shows text to whoever started it.
///
/// # Errors
/// Why it couldn't start, for a person.
pub fn run(data: &DataArgs, settings: &Settings, print: fn(&str)) -> Result<(), String> {
    crate::descriptors::allow_most();
    let mut store = setup::open(&data.data_dir).map_err(|e| e.to_string())?;
    let secrets = match &settings.office {
        Some(office) => setup::first_office(&mut store, office).map_err(|e| e.to_string())?,
        None => Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| format!("the system gives no threads: {e}"))?;
    runtime.block_on(serve(data, settings, store, &secrets, print))
}

/// The two threads of the store.
struct Threads {
    writer: Thread<Store>,
    reader: Thread<Reader>,
}

async fn serve(
    data: &DataArgs,
    settings: &Settings,
    store: Store,
    secrets: &[NewSecret],
    print: fn(&str),
) -> Result<(), String> {
    // Before anybody can know that the server runs, so that a stop at any time is one in order.
    let stopped = signalled()?;
    let dir = store.dir().clone();
    let token = Token::open(&dir).map_err(|e| e.to_string())?;
    let shown = store.reader().map_err(|e| e.to_string())?;
    let threads = threads(store)?;
    let listener = listen(settings.http()).await?;
    let http = listener.local_addr().map_err(|e| e.to_string())?;
    let core = core::start(core_config(settings, &dir), threads.writer.handle(), threads.reader.handle());
    let core = core.await.map_err(|e| e.to_string())?;

    let (stop, stopping) = watch::channel(false);
    let api =
        Api::new(threads.writer.handle(), threads.reader.handle(), Arc::new(core.core()), token, wall_ms);
    let server = answer(listener, api, stopping);
    client::note_address(&dir, http).map_err(|e| e.to_string())?;
    greet(&shown, &data.data_dir, settings, http, secrets, print)?;
    drop(shown);

    stopped.await;
    tracing::info!("stopping; running calls may go on for {} s", GRACE.as_secs());
    stop_all(core, server, &stop).await;
    client::forget_address(&dir);
    finish(threads).await
}

fn threads(store: Store) -> Result<Threads, String> {
    let reader = store.reader().and_then(|reader| Thread::start("store-reader", reader));
    let writer = Thread::start("store-writer", store);
    Ok(Threads { writer: writer.map_err(|e| e.to_string())?, reader: reader.map_err(|e| e.to_string())? })
}

async fn listen(http: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(http).await.map_err(|e| {
        format!(
            "cannot listen on {http} for HTTP: {e}; stop the other program, or choose another --http-port"
        )
    })
}

fn core_config(settings: &Settings, dir: &DataDir) -> CoreConfig {
    CoreConfig {
        sip_udp: settings.sip_udp(),
        sip_tcp: settings.sip_tcp(),
        advertised: settings.advertised(),
        media_bind: settings.sip_bind,
        rtp_ports: settings.rtp_min..=settings.rtp_max,
        media_timeout: MEDIA_TIMEOUT,
        country: settings.country.clone(),
        sip_domain: settings.sip_domain.clone(),
        recordings: dir.voicemail_temp(),
        problems: settings.problems(),
    }
}

/// Answers HTTP until it is told to stop.
fn answer(listener: TcpListener, api: Api, mut stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let stopped = async move {
            // An error means that nobody can say stop any more, which is the same.
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        if let Err(error) = axum::serve(listener, router(api)).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "the HTTP server ended");
        }
    })
}

fn greet(
    reader: &Reader,
    data_dir: &Path,
    settings: &Settings,
    http: SocketAddr,
    secrets: &[NewSecret],
    print: fn(&str),
) -> Result<(), String> {
    let sip = SocketAddr::new(settings.advertised(), settings.sip_udp().port());
    let places = Places { data_dir, sip, http };
    print(&welcome::text(reader, places, secrets).map_err(|e| e.to_string())?);
    Ok(())
}

/// From now on notes Ctrl-C and SIGTERM; the future ends with the first.
fn signalled() -> Result<impl Future<Output = ()>, String> {
    let listen = |kind| signal(kind).map_err(|e| format!("cannot wait for signals: {e}"));
    let (mut term, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Calls first, so that the API still shows them; then the API.
async fn stop_all(core: Running, server: JoinHandle<()>, stop: &watch::Sender<bool>) {
    core.stop(GRACE).await;
    stop.send_replace(true);
    if tokio::time::timeout(HTTP_GRACE, server).await.is_err() {
        tracing::warn!("a request was still being answered; it was cut");
    }
}

/// Writes what is still to be written.
async fn finish(threads: Threads) -> Result<(), String> {
    let done = tokio::task::spawn_blocking(move || {
        threads.reader.finish();
        threads.writer.finish();
    });
    done.await.map_err(|_| "the store didn't end in order".to_owned())
}
