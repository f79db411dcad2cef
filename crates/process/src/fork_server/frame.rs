//! What travels between a fork server and whoever asks it. Both are one build on one machine: the bytes are theirs.

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// A request is a number that its answer repeats; standard input and output of the copy come with it.
pub const REQUEST_BYTES: usize = 8;

/// What a fork server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    Started {
        request: u64,
        pid: u32,
    },
    /// The number of the system's error.
    NotStarted {
        request: u64,
        errno: i32,
    },
    /// The copy has ended, with this status as `wait` gives it; its pid may be given to others from now on.
    Ended {
        pid: u32,
        status: i32,
    },
}

impl News {
    pub const BYTES: usize = 16;

    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let (kind, small, large): (u32, u32, u64) = match self {
            Self::Started { request, pid } => (0, pid, request),
            Self::NotStarted { request, errno } => (1, errno.cast_unsigned(), request),
            Self::Ended { pid, status } => (2, pid, u64::from(status.cast_unsigned())),
        };
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&kind.to_le_bytes());
        bytes[4..8].copy_from_slice(&small.to_le_bytes());
        bytes[8..].copy_from_slice(&large.to_le_bytes());
        bytes
    }

    /// `None`: no fork server of this build has said that.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let (kind, rest) = bytes.split_first_chunk()?;
        let (small, rest) = rest.split_first_chunk()?;
        let (small, large) = (u32::from_le_bytes(*small), rest.try_into().ok()?);
        let large = u64::from_le_bytes(large);
        match u32::from_le_bytes(*kind) {
            0 => Some(Self::Started { request: large, pid: small }),
            1 => Some(Self::NotStarted { request: large, errno: small.cast_signed() }),
            2 => {
                let status = u32::try_from(large).ok()?.cast_signed();
                Some(Self::Ended { pid: small, status })
            }
            _ => None,
        }
    }
}

/// Asks for a copy that has `input` as its standard input, and `output` as its standard output and error.
///
/// # Errors
/// `WouldBlock` if the socket does not block and is full; another error if nobody listens any more.
pub fn request(
    socket: impl AsFd,
    number: u64,
    input: BorrowedFd<'_>,
    output: BorrowedFd<'_>,
) -> io::Result<()> {
    let files = [input, output];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut attached = SendAncillaryBuffer::new(&mut space);
    attached.push(SendAncillaryMessage::ScmRights(&files));
    let bytes = number.to_le_bytes();
    sendmsg(socket, &[IoSlice::new(&bytes)], &mut attached, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// A request as the fork server receives it.
pub(super) struct Request {
    pub(super) number: u64,
    pub(super) input: OwnedFd,
    pub(super) output: OwnedFd,
}

/// `None`: whoever asked is gone.
pub(super) fn receive(socket: BorrowedFd<'_>) -> io::Result<Option<Request>> {
    let mut bytes = [0; REQUEST_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut attached = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut attached, flags)?;
    if received.bytes == 0 {
        return Ok(None);
    }
    let mut files = attached.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(files) => files.collect::<Vec<_>>(),
        _ => Vec::new(),
    });
    match (received.bytes, files.next(), files.next()) {
        (REQUEST_BYTES, Some(input), Some(output)) => {
            Ok(Some(Request { number: u64::from_le_bytes(bytes), input, output }))
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "this is no request for a copy")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::{fd::AsFd, unix::net::UnixStream};

    use super::*;

    #[test]
    fn news_survives_its_way() {
        for news in [
            News::Started { request: u64::MAX, pid: 7 },
            News::NotStarted { request: 3, errno: 11 },
            News::Ended { pid: u32::MAX, status: -1 },
        ] {
            assert_eq!(News::from_bytes(&news.to_bytes()), Some(news));
        }
        assert_eq!(News::from_bytes(&[9; News::BYTES]), None);
    }

    #[test]
    fn a_request_carries_two_files_and_anything_else_is_refused() {
        let (mut near, far) = UnixStream::pair().unwrap();
        let (input, output) = std::io::pipe().unwrap();
        request(&near, 42, input.as_fd(), output.as_fd()).unwrap();
        assert_eq!(receive(far.as_fd()).unwrap().unwrap().number, 42);
        std::io::Write::write_all(&mut near, b"rubbish!").unwrap();
        assert!(receive(far.as_fd()).is_err());
        drop(near);
        assert!(receive(far.as_fd()).unwrap().is_none());
    }
}
