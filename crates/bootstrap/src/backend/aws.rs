//! An installation on AWS as a backend.

use std::{fmt, sync::Arc};

use agent_runner_aws::{
    Aws, Names, doctor,
    fault::{Fault, Trouble},
    launcher::LauncherConfig,
    quotas::Quotas,
    table::TableError,
    work_queue::SqsWorkQueue,
};
use agent_runner_domain::{
    direct_children::{CheckPayload, ChildPorts, DirectChildren},
    direct_link::LinkPorts,
    examination::Finding,
    ports::{Clock, LinkError, Secret, SecretSource},
};
use agent_runner_llm::Provider;
use anyhow::{Context, anyhow};

use super::{Backend, Opened, queue_when_needed::QueueWhenNeeded};
use crate::{
    ServeArgs,
    callbacks::{HttpCallbacks, Signer, Signing},
    config::{AwsArgs, CallbackArgs, Installation, Placement},
    settings::{Layered, Settings, of_environment},
    world::{RandomIds, SystemClock},
};

/// The text of a key file, for all orchestrators of the installation.
const API_KEYS: &str = "api-keys";
/// What callbacks are signed with.
const CALLBACK_SECRET: &str = "callback-secret";

/// The installation that a program works on.
pub struct Site {
    aws: Aws,
    queue: Arc<SqsWorkQueue>,
}

/// Has to be called within a tokio runtime.
pub(super) async fn open(args: &ServeArgs) -> anyhow::Result<Opened> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let installation = args.aws.installation()?;
    let placement = args.aws.placement()?;
    let aws = find(installation).await?;
    let missing = |fault| not_there(&aws, fault);
    aws.check_clock().await.map_err(missing)?;
    aws.check_table().await?;
    check_bucket(&aws).await?;
    let queue = Arc::new(aws.work_queue(clock.clone()).await?);
    let launcher = launcher_config(&aws, placement, args.workers.max_running).await;
    let launcher = aws.launcher(launcher).await?;
    let kept: Arc<dyn SecretSource> = Arc::new(aws.secrets());
    Ok(Opened {
        store: Arc::new(aws.job_store()),
        queue: queue.clone(),
        launcher: Arc::new(launcher),
        artifacts: Arc::new(aws.artifacts()),
        callbacks: Arc::new(callbacks(&args.callbacks, &aws, &kept, &clock)?),
        ledger: Arc::new(aws.ledger()),
        ids: Arc::new(RandomIds::default()),
        clock,
        api_keys: api_keys(&aws, &*kept).await?,
        secrets: Arc::new(Layered::new(of_environment(), kept)),
        backend: Backend::Aws(Box::new(Site { aws, queue })),
    })
}

/// The installation that a worker's task is of.
///
/// # Errors
/// One sentence with what is wrong and what to do.
pub async fn of_worker() -> anyhow::Result<Aws> {
    find(Installation::of_environment()?).await
}

/// Whether this program may write to the installation's table.
///
/// # Errors
/// `Unavailable` where it may be known later; `Refused` with what is wrong and what to do.
pub async fn check_schema(aws: &Aws) -> Result<(), LinkError> {
    aws.check_schema().await.map_err(|error| match error {
        TableError::Call(fault) if fault.is_transient() => {
            LinkError::Unavailable(fault.to_string())
        }
        lasting => LinkError::Refused(lasting.to_string()),
    })
}

/// What a worker reaches by the role of its task. `check` judges what its job wants other jobs to do.
#[must_use]
pub fn worker_ports(aws: &Aws, check: CheckPayload) -> LinkPorts {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (store, ledger) = (Arc::new(aws.job_store()), Arc::new(aws.ledger()));
    let children = ChildPorts {
        store: store.clone(),
        queue: Arc::new(QueueWhenNeeded::new(aws.clone(), clock.clone())),
        ledger: ledger.clone(),
        clock: clock.clone(),
        ids: Arc::new(RandomIds::default()),
    };
    let secrets = Layered::new(of_environment(), Arc::new(aws.secrets()));
    LinkPorts {
        store,
        artifacts: Arc::new(aws.artifacts()),
        clock,
        ledger,
        settings: Arc::new(Settings::new(Arc::new(secrets), None)),
        children: Arc::new(DirectChildren::new(children, check)),
    }
}

/// Looks at every part of the installation and tells each finding at once.
pub(crate) async fn examine(
    args: &AwsArgs,
    tell: &mut (dyn FnMut(Finding) + Send),
) -> anyhow::Result<()> {
    let aws = find(args.installation()?).await?;
    let keys = Provider::all().iter().filter(|provider| !provider.is_local);
    let Placement { subnets, architecture, .. } = args.placement()?;
    let expected = doctor::Expected {
        subnets,
        architecture,
        model_keys: keys.map(|provider| provider.key_name).collect(),
    };
    doctor::examine(&aws, &expected, tell).await;
    Ok(())
}

async fn find(Installation { name, bucket }: Installation) -> anyhow::Result<Aws> {
    Ok(Aws::find(Names::new(name), bucket).await?)
}

/// A table that is not there is most often looked for in the wrong place.
fn not_there(aws: &Aws, fault: Fault) -> anyhow::Error {
    if fault.trouble != Trouble::NotFound {
        return fault.into();
    }
    anyhow!(
        "{fault}: AWS_REGION is {} and AGENT_RUNNER_NAME is {}; set them to those of the installation, or make it by the \
         infrastructure of this release",
        aws.region(),
        aws.names().table()
    )
}

/// Without it, jobs would be taken in whose payloads and results nobody can keep.
async fn check_bucket(aws: &Aws) -> anyhow::Result<()> {
    aws.artifacts().check().await.map_err(|fault| match fault.trouble {
        Trouble::NotFound | Trouble::Denied => anyhow!(
            "{fault}: set AGENT_RUNNER_BUCKET to the bucket of this installation, or make it by the infrastructure \
             of this release"
        ),
        _ => fault.into(),
    })
}

async fn launcher_config(
    aws: &Aws,
    placement: Placement,
    max_running: Option<usize>,
) -> LauncherConfig {
    let Placement { subnets, security_groups, assign_public_ip, architecture, spot } = placement;
    LauncherConfig {
        subnets,
        security_groups,
        assign_public_ip,
        architecture,
        spot_default: spot,
        max_running,
        quotas: quotas(aws).await,
        ..LauncherConfig::default()
    }
}

/// A new account may run little at once: what is over that should wait in line instead of being refused.
async fn quotas(aws: &Aws) -> Option<Quotas> {
    match aws.quotas().await {
        Ok(quotas) => Some(quotas),
        Err(error) => {
            tracing::warn!(%error, "The quota of Fargate is not known; jobs over it are tried again and again");
            None
        }
    }
}

fn callbacks(
    args: &CallbackArgs,
    aws: &Aws,
    kept: &Arc<dyn SecretSource>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<HttpCallbacks> {
    let signing = match &args.callback_secret_file {
        Some(file) => Signing::With(Signer::read(file)?),
        None => Signing::Kept {
            secrets: kept.clone(),
            name: CALLBACK_SECRET,
            fix: format!(
                "make {} in Secrets Manager: `whsec_` and the base64 of 24 to 64 random bytes",
                aws.names().secret(CALLBACK_SECRET)
            ),
        },
    };
    Ok(HttpCallbacks::new(signing, args.allow_private_callbacks, clock.clone()))
}

async fn api_keys(aws: &Aws, kept: &dyn SecretSource) -> anyhow::Result<Option<(Secret, String)>> {
    let name = aws.names().secret(API_KEYS);
    let found = kept.get(API_KEYS).await;
    let found = found.with_context(|| format!("the secret {name} cannot be read"))?;
    Ok(found.map(|keys| (keys, format!("the secret {name}"))))
}

impl Site {
    pub(super) fn api_keys_name(&self) -> String {
        self.aws.names().secret(API_KEYS)
    }

    /// Hands back the messages that were received and not acted upon.
    pub(super) async fn close(&self) {
        self.queue.close().await;
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (table, region) = (self.aws.names().table(), self.aws.region());
        write!(f, "the installation {table} on AWS in {region}")
    }
}
