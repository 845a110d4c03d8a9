//! Where a request carries its key.

use axum::http::HeaderMap;

/// The credential of a request: the `apikey` header first, then `Authorization`.
pub(crate) fn credential(headers: &HeaderMap) -> Option<&str> {
    let text =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
    text("apikey")
        .or_else(|| text("authorization").map(|value| value.strip_prefix("Bearer ").unwrap_or(value)))
}
