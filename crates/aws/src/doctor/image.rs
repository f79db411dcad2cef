//! The images that workers are started from.

use super::{Finding, OfFault};
use crate::{Aws, fault::Trouble, images::EcrImage};

pub(super) async fn look(aws: &Aws, name: &str) -> Finding {
    const CHECK: &str = "image";
    let Some(image) = EcrImage::of(name) else {
        let message =
            format!("`{name}` is not in ECR: the first job shows whether it can be pulled");
        return Finding::ok(CHECK, message);
    };
    match image.check(aws.sdk()).await {
        Ok(()) => Finding::ok(CHECK, format!("`{name}` is there")),
        Err(fault) if fault.trouble == Trouble::NotFound => {
            let fix =
                "push the images of this release (scripts/deploy does), so that workers can start";
            Finding::fail(CHECK, fault.to_string(), fix)
        }
        Err(fault) => Finding::of_looking(CHECK, &fault),
    }
}
