//! Which server to talk to.
//!
//! The one that was named; else the one that owns the data folder; else one inside this program. An owner may be
//! another command, which leaves when it is done; whoever waited for it then goes on by itself.

mod key;
mod problem;

use std::{path::Path, time::Duration};

use agent_runner_api_types::SubmitJob;
use agent_runner_client::api::{ApiError, Client, Submitted};

pub(crate) use self::problem::of_problem;
use crate::{
    args::Common,
    clock,
    failure::Failure,
    programs::{self, Embedded},
};

/// How long a data folder may change hands.
const TURNS_MAX: u32 = 400;
/// How often something is asked again that got no answer; about six seconds where nobody is there.
const TRIES_MAX: u32 = 8;
/// How long the next owner of a folder may take to come.
const SUCCESSOR_WAIT: Duration = Duration::from_secs(2);
const UNOWNED_MAX: u32 = 3;
const TURN: Duration = Duration::from_millis(25);

/// What a command needs of a server that is started for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// To look at jobs and change them.
    Look,
    /// That jobs run.
    Run,
}

/// A server for the time of one command.
pub(crate) struct Server<'a> {
    pub(crate) client: Client,
    common: &'a Common,
    need: Need,
    place: Place,
}

enum Place {
    Named,
    /// The owner of the data folder.
    Owner,
    Embedded(Box<Embedded>),
}

impl<'a> Server<'a> {
    pub(crate) async fn connect(common: &'a Common, need: Need) -> Result<Self, Failure> {
        let (client, place) = match &common.server {
            Some(_) if common.demo => {
                return Err(Failure::usage(
                    "--demo is about a server on this machine, and another is named",
                )
                .fix("leave --demo out, or --server and AGENT_RUNNER_SERVER"));
            }
            Some(url) => (client(common, url)?, Place::Named),
            None => by_folder(common, need).await?,
        };
        Ok(Self { client, common, need, place })
    }

    /// Whether jobs make progress while this command waits.
    pub(crate) fn drives_jobs(&self) -> bool {
        !self.is_embedded() || self.need == Need::Run
    }

    pub(crate) fn is_embedded(&self) -> bool {
        matches!(self.place, Place::Embedded(_))
    }

    /// Submits a job once, however often the owner of the data folder leaves in that moment.
    pub(crate) async fn submit(
        &mut self,
        job: &SubmitJob,
        key: Option<&str>,
    ) -> Result<Submitted, Failure> {
        if !matches!(self.place, Place::Owner) {
            return Ok(self.client.submit(job, key).await?);
        }
        // So that a job whose acknowledgement was lost is not made twice.
        let own = format!("agent-runner {} {}", std::process::id(), clock::now());
        let key = key.unwrap_or(&own);
        self.ask(async |client| client.submit(job, Some(key)).await).await
    }

    /// Asks something that may be asked twice: again where the connection broke, and of the next owner where the
    /// data folder's has left.
    pub(crate) async fn ask<T>(
        &mut self,
        question: impl AsyncFn(&Client) -> Result<T, ApiError>,
    ) -> Result<T, Failure> {
        let mut pause = TURN;
        for _ in 0..TRIES_MAX {
            match question(&self.client).await {
                Err(ApiError::Unreachable { .. }) => {}
                answer => return Ok(answer?),
            }
            if !self.follow_owner().await? {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
        Ok(question(&self.client).await?)
    }

    /// Finds the data folder's server anew when its owner has left, and says whether there is another now.
    /// If jobs have to run and nobody else comes for it, this program takes the folder.
    pub(crate) async fn follow_owner(&mut self) -> Result<bool, Failure> {
        if !matches!(self.place, Place::Owner) || self.client.health().await.is_ok() {
            return Ok(false);
        }
        let data = self.common.data_folder()?;
        let successor = async {
            loop {
                tokio::time::sleep(TURN).await;
                if let Some(client) = owner(self.common, &data).await? {
                    return Ok::<_, Failure>(client);
                }
            }
        };
        // A server that is being started again must find the folder free.
        if let Ok(client) = tokio::time::timeout(SUCCESSOR_WAIT, successor).await {
            self.client = client?;
            return Ok(true);
        }
        if self.need == Need::Run {
            (self.client, self.place) = by_folder(self.common, self.need).await?;
        }
        Ok(self.need == Need::Run)
    }

    /// Ends what was started for this command.
    pub(crate) async fn done(self) {
        if let Place::Embedded(embedded) = self.place {
            embedded.stop().await;
        }
    }
}

/// The folder's owner if it answers, else a server of our own. Owners come and go, so both may take a few tries.
async fn by_folder(common: &Common, need: Need) -> Result<(Client, Place), Failure> {
    let data = common.data_folder()?;
    let (mut turns, mut unowned) = (0, 0);
    loop {
        if let Some(client) = owner(common, &data).await? {
            return Ok((client, Place::Owner));
        }
        // The configuration of a whole server is in it.
        let failure = match Box::pin(embed(common, &data, need)).await {
            Ok(embedded) => return Ok(embedded),
            Err(failure) => failure,
        };
        // Somebody may have owned it a moment ago; otherwise waiting does not help.
        unowned = if programs::is_owned(&data) { 0 } else { unowned + 1 };
        turns += 1;
        if turns == TURNS_MAX || unowned == UNOWNED_MAX {
            return Err(failure);
        }
        tokio::time::sleep(TURN).await;
    }
}

/// A client of the folder's owner, if it answers.
async fn owner(common: &Common, data: &Path) -> Result<Option<Client>, Failure> {
    let Some(url) = programs::owner_url(data) else { return Ok(None) };
    let client = client(common, &url)?;
    match client.health().await {
        // Whoever wants a demonstration does not want to pay.
        Ok(health) if common.demo && !health.demo => Err(Failure::usage(format!(
            "the server at {url} asks real models, and it owns the data folder {}",
            data.display()
        ))
        .fix("leave --demo out, or choose another folder with --data FOLDER")),
        Ok(_) => Ok(Some(client)),
        Err(error) if error.is_passing() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn embed(common: &Common, data: &Path, need: Need) -> Result<(Client, Place), Failure> {
    let demo = common.demo().await?;
    let embedded = programs::embed(data, need == Need::Run, demo).await?;
    Ok((Client::new(embedded.url(), None)?, Place::Embedded(Box::new(embedded))))
}

fn client(common: &Common, url: &str) -> Result<Client, Failure> {
    let key = key::read(common.api_key_file.as_deref())?;
    Ok(Client::new(url, key.as_ref())?)
}
