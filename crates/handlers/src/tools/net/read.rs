//! Reading an answer, but not all of it.

use reqwest::{Response, header::CONTENT_TYPE};

use super::{Unreachable, client::reason};

/// The beginning of a body.
#[derive(Debug)]
pub(in crate::tools) struct Body {
    pub(in crate::tools) bytes: Vec<u8>,
    /// There was more.
    pub(in crate::tools) is_cut: bool,
    /// As the server names it, without parameters.
    pub(in crate::tools) media_type: Option<String>,
}

/// At most so many bytes of it; the rest stays where it is.
///
/// # Errors
/// When the connection breaks.
pub(in crate::tools) async fn body(
    mut response: Response,
    bytes_max: usize,
) -> Result<Body, Unreachable> {
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next());
    let media_type = media_type.map(|value| value.trim().to_ascii_lowercase());
    let mut bytes = Vec::new();
    let mut is_cut = false;
    while let Some(part) = response.chunk().await.map_err(|error| Unreachable(reason(&error)))? {
        let room = bytes_max - bytes.len();
        bytes.extend_from_slice(&part[..part.len().min(room)]);
        if part.len() > room {
            is_cut = true;
            break;
        }
    }
    Ok(Body { bytes, is_cut, media_type })
}
