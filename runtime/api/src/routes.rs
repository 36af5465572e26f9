//! THE list of routes.

mod cdrs;
mod entities;
mod flows;
mod import;
mod system;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::envelope::Failure;
use crate::limits::{BODY_BYTES_MAX, IMPORT_BODY_BYTES_MAX, REQUEST_TIME_MAX};
use crate::{Api, auth};

/// The API as a service.
pub fn router(api: Api) -> Router {
    let guarded = Router::new()
        .route("/import", post(import::import).layer(DefaultBodyLimit::max(IMPORT_BODY_BYTES_MAX)))
        .route("/flows", get(flows::list))
        .route("/flows/{id}", get(flows::get).put(flows::put))
        .route("/flows/{id}/publish", post(flows::publish))
        .route("/flows/{id}/validate", post(flows::validate))
        .route("/flows/{id}/versions", get(flows::versions))
        .route("/cdrs", get(cdrs::list))
        .route("/cdrs/{id}", get(cdrs::get))
        .route("/cdrs/{id}/trace", get(cdrs::trace))
        .route("/extensions", get(entities::extensions))
        .route("/extensions/{id}", get(entities::extension))
        .route("/extensions/{id}/secret", post(entities::renew_secret))
        .route("/voicemail-boxes", get(entities::mailboxes))
        .route("/voicemail-boxes/{id}/messages", get(entities::messages))
        .route("/voicemail-boxes/{id}/messages/{message}/audio", get(entities::audio))
        .route("/registrations", get(system::registrations))
        .route("/calls/active", get(system::active_calls))
        .route("/system/status", get(system::status))
        .route("/audit", get(system::audit))
        .route_layer(middleware::from_fn_with_state(api.clone(), auth::require));
    let v1 = Router::new()
        .route("/health", get(system::health))
        .merge(guarded)
        .fallback(async || Failure::not_found("there is no such route under /api/v1"))
        .method_not_allowed_fallback(async || Failure::method());
    Router::new()
        .nest("/api/v1", v1)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(api.clone(), bound))
        .with_state(api)
}

/// Bounds how many requests are worked on and for how long, and logs each. The token is in a header, so the line holds
/// no secret.
async fn bound(State(api): State<Api>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let Ok(_slot) = api.slots.try_acquire() else {
        return Failure::busy("too many requests at the same time; try again in a moment").into_response();
    };
    let response = match tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::timeout().into_response(),
    };
    tracing::debug!(%method, path, status = response.status().as_u16(), "request");
    response
}
