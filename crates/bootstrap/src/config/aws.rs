//! The installation on AWS: what it is called, and where its workers start.

use std::env;

use agent_runner_domain::job::Architecture;
use clap::builder::BoolishValueParser;

const NAME: &str = "AGENT_RUNNER_NAME";
const NAME_DEFAULT: &str = "agent-runner";
const BUCKET: &str = "AGENT_RUNNER_BUCKET";
const SUBNETS: &str = "AGENT_RUNNER_SUBNETS";
const SECURITY_GROUPS: &str = "AGENT_RUNNER_SECURITY_GROUPS";

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "AWS")]
pub struct AwsArgs {
    /// What the installation is called; its table, queues, cluster and secrets are named after it.
    #[arg(long = "aws-name", value_name = "NAME", env = NAME, default_value = NAME_DEFAULT)]
    name: String,
    /// The bucket of payloads, results and files.
    #[arg(long = "aws-bucket", value_name = "BUCKET", env = BUCKET)]
    bucket: Option<String>,
    /// The subnets that workers start in, separated by commas.
    #[arg(long = "aws-subnets", value_name = "IDS", env = SUBNETS, value_delimiter = ',')]
    subnets: Vec<String>,
    /// The security groups of workers, separated by commas.
    #[arg(long = "aws-security-groups", value_name = "IDS", env = SECURITY_GROUPS, value_delimiter = ',')]
    security_groups: Vec<String>,
    /// Whether workers get a public address, which they need in subnets without a NAT gateway.
    #[arg(
        long = "aws-public-ip", value_name = "BOOL", env = "AGENT_RUNNER_ASSIGN_PUBLIC_IP",
        default_value = "true", action = clap::ArgAction::Set, value_parser = BoolishValueParser::new()
    )]
    assign_public_ip: bool,
    /// The machines of workers whose job asks for none; the cheaper ones by default.
    #[arg(
        long = "aws-architecture",
        value_name = "NAME",
        env = "AGENT_RUNNER_ARCHITECTURE",
        default_value = "arm64"
    )]
    architecture: ArchitectureArg,
    /// Start workers on Fargate Spot unless a job says otherwise: cheaper, and sometimes interrupted.
    #[arg(
        long = "aws-spot", value_name = "BOOL", env = "AGENT_RUNNER_SPOT",
        default_value = "false", action = clap::ArgAction::Set, value_parser = BoolishValueParser::new()
    )]
    spot: bool,
}

/// What workers' machines may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ArchitectureArg {
    Arm64,
    #[value(name = "x86_64")]
    X86_64,
}

/// What every program of an installation has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    pub name: String,
    pub bucket: String,
}

/// Where workers start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    pub assign_public_ip: bool,
    pub architecture: Architecture,
    pub spot: bool,
}

/// The configuration cannot be that of an installation.
#[derive(Debug, thiserror::Error)]
pub enum AwsConfigError {
    #[error(
        "{NAME} is {0:?}: 3 to 40 lowercase letters, digits and hyphens are wanted, such as {NAME_DEFAULT}"
    )]
    Name(String),
    #[error("{BUCKET} is not set: name the bucket that keeps payloads, results and files")]
    NoBucket,
    #[error(
        "{BUCKET} is {0:?}: that is no bucket's name, which has 3 to 63 lowercase letters, digits, dots and hyphens"
    )]
    Bucket(String),
    #[error(
        "{SUBNETS} is not set: name the subnets that workers start in, separated by commas, such as subnet-0a1b,subnet-0c2d"
    )]
    NoSubnets,
    #[error(
        "{SECURITY_GROUPS} is not set: name the security groups of workers, separated by commas, such as sg-0a1b; they need no ingress"
    )]
    NoSecurityGroups,
    #[error("{variable} names {given:?}: an id that begins with {prefix} is wanted")]
    Id { variable: &'static str, given: String, prefix: &'static str },
}

impl AwsArgs {
    /// # Errors
    /// [`AwsConfigError`] names the variable and what it should be.
    pub fn installation(&self) -> Result<Installation, AwsConfigError> {
        installation(&self.name, self.bucket.as_deref())
    }

    /// # Errors
    /// [`AwsConfigError`] names the variable and what it should be.
    pub fn placement(&self) -> Result<Placement, AwsConfigError> {
        let subnets = ids(SUBNETS, &self.subnets, "subnet-")?;
        let security_groups = ids(SECURITY_GROUPS, &self.security_groups, "sg-")?;
        if subnets.is_empty() {
            return Err(AwsConfigError::NoSubnets);
        }
        if security_groups.is_empty() {
            return Err(AwsConfigError::NoSecurityGroups);
        }
        let architecture = match self.architecture {
            ArchitectureArg::Arm64 => Architecture::Arm64,
            ArchitectureArg::X86_64 => Architecture::X86_64,
        };
        let (assign_public_ip, spot) = (self.assign_public_ip, self.spot);
        Ok(Placement { subnets, security_groups, assign_public_ip, architecture, spot })
    }
}

impl Default for AwsArgs {
    /// Of a program that is not on AWS.
    fn default() -> Self {
        Self {
            name: NAME_DEFAULT.to_owned(),
            bucket: None,
            subnets: Vec::new(),
            security_groups: Vec::new(),
            assign_public_ip: true,
            architecture: ArchitectureArg::Arm64,
            spot: false,
        }
    }
}

impl Installation {
    /// For programs that have no arguments: workers.
    ///
    /// # Errors
    /// [`AwsConfigError`] names the variable and what it should be.
    #[expect(clippy::disallowed_methods, reason = "the environment is read in this crate")]
    pub fn of_environment() -> Result<Self, AwsConfigError> {
        let name = env::var(NAME).ok().filter(|name| !name.is_empty());
        installation(name.as_deref().unwrap_or(NAME_DEFAULT), env::var(BUCKET).ok().as_deref())
    }
}

fn installation(name: &str, bucket: Option<&str>) -> Result<Installation, AwsConfigError> {
    if !is_label(name, 3..=40, "-") {
        return Err(AwsConfigError::Name(name.to_owned()));
    }
    let bucket = bucket.filter(|bucket| !bucket.is_empty()).ok_or(AwsConfigError::NoBucket)?;
    if !is_label(bucket, 3..=63, "-.") {
        return Err(AwsConfigError::Bucket(bucket.to_owned()));
    }
    Ok(Installation { name: name.to_owned(), bucket: bucket.to_owned() })
}

fn is_label(text: &str, bytes: std::ops::RangeInclusive<usize>, more: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c);
    bytes.contains(&text.len()) && text.chars().all(plain)
}

fn ids(
    variable: &'static str,
    given: &[String],
    prefix: &'static str,
) -> Result<Vec<String>, AwsConfigError> {
    let named = given.iter().map(|id| id.trim()).filter(|id| !id.is_empty());
    let check = |id: &str| {
        let word = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric());
        let good = id.strip_prefix(prefix).is_some_and(word);
        let given = id.to_owned();
        if good { Ok(given) } else { Err(AwsConfigError::Id { variable, given, prefix }) }
    };
    named.map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> AwsArgs {
        AwsArgs {
            bucket: Some("agent-runner-1234".to_owned()),
            subnets: vec!["subnet-0a1b".to_owned(), String::new()],
            security_groups: vec!["sg-0a1b".to_owned()],
            ..AwsArgs::default()
        }
    }

    #[test]
    fn a_whole_configuration_is_taken() {
        let installation = args().installation().unwrap();
        assert_eq!(installation.name, "agent-runner");
        assert_eq!(args().placement().unwrap().subnets, ["subnet-0a1b"]);
    }

    #[test]
    fn each_fault_names_its_variable() {
        let said = |args: AwsArgs| {
            let found = args.installation().map(drop).and_then(|()| args.placement().map(drop));
            found.unwrap_err().to_string()
        };
        for (wrong, wanted) in [
            (AwsArgs { name: "Agent Runner".to_owned(), ..args() }, NAME),
            (AwsArgs { bucket: None, ..args() }, BUCKET),
            (AwsArgs { bucket: Some("s3://x".to_owned()), ..args() }, BUCKET),
            (AwsArgs { subnets: vec![], ..args() }, SUBNETS),
            (AwsArgs { subnets: vec!["vpc-1".to_owned()], ..args() }, "subnet-"),
            (AwsArgs { security_groups: vec![], ..args() }, SECURITY_GROUPS),
            (AwsArgs { security_groups: vec!["default".to_owned()], ..args() }, "sg-"),
        ] {
            let text = said(wrong);
            assert!(text.contains(wanted), "{text}");
        }
    }
}
