//! Keys that sign repositories of tests, known to everybody.

use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::{BigUint, RsaPrivateKey};
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};

/// An RSA key of 2048 bits, and the name of its file.
pub(crate) struct Key {
    file_name: &'static str,
    key: RsaPrivateKey,
}

/// How something is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha1,
    Sha256,
    Sha512,
}

impl Key {
    /// The key that signs.
    pub(crate) fn test() -> Self {
        Self::of("overcoat-test.rsa.pub", TEST)
    }

    /// A key that signs nothing that is trusted.
    pub(crate) fn other() -> Self {
        Self::of("overcoat-other.rsa.pub", OTHER)
    }

    fn of(file_name: &'static str, primes: [&str; 2]) -> Self {
        let [p, q] = primes.map(|prime| BigUint::parse_bytes(prime.as_bytes(), 16).unwrap());
        let key = RsaPrivateKey::from_p_q(p, q, BigUint::from(65_537_u32)).unwrap();
        Self { file_name, key }
    }

    /// The same key under another file's name.
    pub(crate) fn named(self, file_name: &'static str) -> Self {
        Self { file_name, ..self }
    }

    /// The name of its file, by which signatures call it.
    pub(crate) fn file_name(&self) -> &'static str {
        self.file_name
    }

    /// The public key, as images keep it.
    pub(crate) fn pem(&self) -> String {
        self.key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap()
    }

    /// Signs bytes: PKCS #1 version 1.5, which needs no chance.
    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let digest = algorithm.digest(message);
        let prefix = hex::decode(algorithm.prefix()).unwrap().into();
        self.key.sign(Pkcs1v15Sign { hash_len: Some(digest.len()), prefix }, &digest).unwrap()
    }
}

impl Algorithm {
    /// What signatures call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "RSA",
            Self::Sha256 => "RSA256",
            Self::Sha512 => "RSA512",
        }
    }

    fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(message).to_vec(),
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// What stands before the digest in a signature (RFC 8017, section 9.2).
    fn prefix(self) -> &'static str {
        match self {
            Self::Sha1 => "3021300906052b0e03021a05000414",
            Self::Sha256 => "3031300d060960864801650304020105000420",
            Self::Sha512 => "3051300d060960864801650304020305000440",
        }
    }
}

const TEST: [&str; 2] = [
    "f7850999c1688a16f7a03333b777bf2ed5bd8c19841dc52b902c1a1a48f6000f8c4be1f81300fc77c776dbf79cba0f84\
     2e79bdc7d8240f710d0ab9bb675c4781843dbb0ad3a748eb0006b5be194be0b711183890cecd1e42ca5185ccb8e9cff5\
     1e238cd4ff344cbdcd152baf0cb301f467654719f4468dad683440d8c483072f",
    "d799b7042b6d9b27506636eddce6feda073ccc34b63cf43cceb994609948b6e392efdd1645d49215365f826021ca6333\
     8e56d4985f78dc04d9b9c2ce6454bb33d54bf1f2fb378dd23f581022f2ea56cdb842a173687f7c5ad877c4b35a108cc2\
     6513899b5bd12c2b07dbd8b53abd1ded7600c114180ea3761e15ea21fadcbc0f",
];

const OTHER: [&str; 2] = [
    "de53a50d7d7fb8f57c5487ed5a69cb1a68e80e338743067c4de2c3ae68330b6a6992c29c6c3581a0a822ee2b129e05af\
     04a622c4b578057b60cc4c9d9ef4743cbf11feac86968f4901ccf8cd362e5dca7049c81104dff0195ae9460682e64058\
     80b65e6a9d6703b655396d85e58890f8afae5b9c04cc0287903baf6e0dea4801",
    "e88c7320ed23fe52c419f650a20acd376155f2067a0388ec554da506df32fb80b8b286b565fd12eb10346ae57d90c173\
     6dc784c46de4db97957393cf0b25557ac6e607659d4440900e918f3d75075ce5a8278be0d3ba270c9fa198b210b57be5\
     1a5bed29dd2a5e81788d3b6650282bda1258be304a9ec6540b391c6169b002cb",
];
