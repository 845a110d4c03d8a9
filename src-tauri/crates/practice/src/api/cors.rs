//! Pages of any origin may read the answers; cookies play no part.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

const METHODS: HeaderValue = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
const ANY: HeaderValue = HeaderValue::from_static("*");
/// How many seconds a browser remembers what it may do.
const REMEMBERED: HeaderValue = HeaderValue::from_static("600");

/// Answers a browser's question before its request, and lets it read the answer after.
pub(super) async fn open_to_all(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !headers.contains_key(ORIGIN) {
        return next.run(request).await;
    }
    let asks = *request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let wanted = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = if asks { "OK".into_response() } else { next.run(request).await };
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    if asks {
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        answer.insert(ACCESS_CONTROL_MAX_AGE, REMEMBERED);
        answer.extend(wanted.map(|wanted| (ACCESS_CONTROL_ALLOW_HEADERS, wanted)));
    }
    response
}
