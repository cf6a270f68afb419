//! Keys that are as old, as weak or as revoked as a test wants them, and what they sign.

use std::sync::Mutex;

use pgp::composed::{KeyType, SignedKeyDetails, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{
    KeyFlags, Notation, PacketTrait, PubKeyInner, PublicKey, PublicSubkey, SecretKey, SecretSubkey,
    Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData, UserId,
};
use pgp::ser::Serialize;
use pgp::types::{
    Duration, KeyVersion, Password, PublicParams, SecretParams, SignedUser, SigningKey, Tag, Timestamp,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::package::Moment;

/// When keys are made unless a test says otherwise: 2026-01-01.
pub(crate) const MADE: Moment = Moment(1_767_225_600);

/// A key.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) kind: KeyType,
    pub(crate) seed: u64,
    pub(crate) made: Moment,
    /// Seconds from its making to its end.
    pub(crate) expires: Option<u32>,
    /// Whether it is for signing; nothing where it does not say.
    pub(crate) signs: Option<bool>,
    /// When it says so.
    pub(crate) said: Moment,
    pub(crate) digest: HashAlgorithm,
    pub(crate) is_revoked: bool,
    /// A subkey that signs in its place.
    pub(crate) subkey: Option<Box<Subkey>>,
}

/// A subkey: as a key is, and whether it knows of its primary key.
#[derive(Clone)]
pub(crate) struct Subkey {
    pub(crate) key: Key,
    pub(crate) knows: bool,
}

/// How something is signed.
#[derive(Clone)]
pub(crate) struct Signing {
    pub(crate) at: Moment,
    pub(crate) expires: Option<u32>,
    pub(crate) digest: HashAlgorithm,
    pub(crate) typ: SignatureType,
    pub(crate) names: Names,
    /// A demand that nobody understands.
    pub(crate) demands: bool,
}

/// How a signature names its key.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Names {
    Fingerprint,
    KeyId,
    Nothing,
}

impl Signing {
    pub(crate) fn at(at: Moment) -> Self {
        let (digest, typ) = (HashAlgorithm::Sha256, SignatureType::Text);
        Self { at, expires: None, digest, typ, names: Names::Fingerprint, demands: false }
    }
}

impl Key {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            kind: KeyType::Ed25519Legacy,
            seed,
            made: MADE,
            expires: None,
            signs: Some(true),
            said: MADE,
            digest: HashAlgorithm::Sha256,
            is_revoked: false,
            subkey: None,
        }
    }

    pub(crate) fn with_subkey(self, subkey: Key) -> Self {
        Self { subkey: Some(Box::new(Subkey { key: subkey, knows: true })), ..self }
    }

    /// The certificate, binary.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        self.public().to_bytes().unwrap()
    }

    /// The certificate.
    pub(crate) fn public(&self) -> SignedPublicKey {
        let secret = self.primary();
        let id = UserId::from_str(Default::default(), "A <a@example.com>").unwrap();
        let certification = self.config(SignatureType::CertPositive, &secret, self.packets());
        let certification = certification
            .sign_certification(&secret, secret.public_key(), &empty(), Tag::UserId, &id)
            .unwrap();
        let revocation = self.is_revoked.then(|| {
            let config = self.config(SignatureType::KeyRevocation, &secret, Vec::new());
            config.sign_key(&secret, &empty(), secret.public_key()).unwrap()
        });
        let details = SignedKeyDetails::new(
            Vec::from_iter(revocation),
            Vec::new(),
            vec![SignedUser::new(id, vec![certification])],
            Vec::new(),
        );
        let subkeys = self.subkey.iter().map(|subkey| subkey.public(self, &secret)).collect();
        SignedPublicKey::new(secret.public_key().clone(), details, subkeys)
    }

    /// A text in the cleartext framework.
    pub(crate) fn clearsigned(&self, text: &str, how: &Signing) -> String {
        clearsigned(text, &[self.signature(text.replace('\n', "\r\n").as_bytes(), how)])
    }

    /// A signature of `text`.
    pub(crate) fn signature(&self, text: &[u8], how: &Signing) -> Signature {
        match &self.subkey {
            Some(subkey) => sign(&subkey.key.secret_subkey(), text, how),
            None => sign(&self.primary(), text, how),
        }
    }

    fn primary(&self) -> SecretKey {
        let (inner, params) = self.material();
        SecretKey::new(PublicKey::from_inner(inner).unwrap(), params).unwrap()
    }

    fn secret_subkey(&self) -> SecretSubkey {
        let (inner, params) = self.material();
        SecretSubkey::new(PublicSubkey::from_inner(inner).unwrap(), params).unwrap()
    }

    fn material(&self) -> (PubKeyInner, SecretParams) {
        let (public, secret) = generated(&self.kind, self.seed);
        let made = Timestamp::from_secs(u32::try_from(self.made.0).unwrap());
        (PubKeyInner::new(KeyVersion::V4, self.kind.to_alg(), made, None, public).unwrap(), secret)
    }

    /// What it says of itself.
    fn packets(&self) -> Vec<SubpacketData> {
        let flags = self.signs.map(|signs| {
            let mut flags = KeyFlags::default();
            flags.set_certify(true);
            flags.set_sign(signs);
            SubpacketData::KeyFlags(flags)
        });
        let expires =
            self.expires.map(|seconds| SubpacketData::KeyExpirationTime(Duration::from_secs(seconds)));
        flags.into_iter().chain(expires).collect()
    }

    fn config(
        &self,
        typ: SignatureType,
        by: &impl SigningKey,
        packets: Vec<SubpacketData>,
    ) -> SignatureConfig {
        let mut config = SignatureConfig::v4(typ, by.algorithm(), self.digest);
        let own = [creation(self.said), SubpacketData::IssuerFingerprint(by.fingerprint())];
        config.hashed_subpackets =
            own.into_iter().chain(packets).map(|data| Subpacket::regular(data).unwrap()).collect();
        config
    }
}

impl Subkey {
    fn public(&self, primary: &Key, secret: &SecretKey) -> SignedPublicSubKey {
        let own = self.key.secret_subkey();
        let mut packets = self.key.packets();
        if self.knows {
            let config = self.key.config(SignatureType::KeyBinding, &own, Vec::new());
            let back = config.sign_primary_key_binding(&own, own.public_key(), &empty(), secret.public_key());
            packets.push(SubpacketData::EmbeddedSignature(Box::new(back.unwrap())));
        }
        let bind = |typ, packets| {
            let config = Key { said: self.key.said, ..primary.clone() }.config(typ, secret, packets);
            config.sign_subkey_binding(secret, secret.public_key(), &empty(), own.public_key()).unwrap()
        };
        let mut signatures = vec![bind(SignatureType::SubkeyBinding, packets)];
        if self.key.is_revoked {
            signatures.push(bind(SignatureType::SubkeyRevocation, Vec::new()));
        }
        SignedPublicSubKey::new(own.public_key().clone(), signatures)
    }
}

/// The numbers of a key, made once: those of RSA take long.
fn generated(kind: &KeyType, seed: u64) -> (PublicParams, SecretParams) {
    type Made = ((KeyType, u64), (PublicParams, SecretParams));
    static MADE: Mutex<Vec<Made>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap();
    if let Some((_, known)) = made.iter().find(|(key, _)| *key == (kind.clone(), seed)) {
        return known.clone();
    }
    let new = kind.generate(StdRng::seed_from_u64(seed)).unwrap();
    made.push(((kind.clone(), seed), new.clone()));
    new
}

/// A text and these signatures in the cleartext framework.
pub(crate) fn clearsigned(text: &str, signatures: &[Signature]) -> String {
    let escaped: Vec<_> = text
        .split('\n')
        .map(|line| if line.starts_with('-') { format!("- {line}") } else { line.to_owned() })
        .collect();
    let (escaped, armour) = (escaped.join("\n"), armoured(signatures));
    format!("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{escaped}\n{armour}")
}

/// Signatures in armour.
pub(crate) fn armoured(signatures: &[Signature]) -> String {
    let mut armour = Vec::new();
    let packets = Packets(signatures);
    pgp::armor::write(&packets, pgp::armor::BlockType::Signature, &mut armour, None, true).unwrap();
    String::from_utf8(armour).unwrap()
}

struct Packets<'a>(&'a [Signature]);

impl Serialize for Packets<'_> {
    fn to_writer<W: std::io::Write>(&self, writer: &mut W) -> pgp::errors::Result<()> {
        self.0.iter().try_for_each(|signature| signature.to_writer_with_header(writer))
    }

    fn write_len(&self) -> usize {
        self.0.iter().map(PacketTrait::write_len_with_header).sum()
    }
}

fn sign(key: &impl SigningKey, text: &[u8], how: &Signing) -> Signature {
    let mut config = SignatureConfig::v4(how.typ, key.algorithm(), how.digest);
    let expires =
        how.expires.map(|seconds| SubpacketData::SignatureExpirationTime(Duration::from_secs(seconds)));
    let hashed = [creation(how.at)].into_iter().chain(expires);
    config.hashed_subpackets = hashed.map(|data| Subpacket::regular(data).unwrap()).collect();
    if how.demands {
        let (name, value) = ("demand@example.com".into(), "".into());
        let demand = SubpacketData::Notation(Notation { readable: true, name, value });
        config.hashed_subpackets.push(Subpacket::critical(demand).unwrap());
    }
    let name = match how.names {
        Names::Fingerprint => Some(SubpacketData::IssuerFingerprint(key.fingerprint())),
        Names::KeyId => Some(SubpacketData::IssuerKeyId(key.legacy_key_id())),
        Names::Nothing => None,
    };
    config.unhashed_subpackets = name.map(|data| Subpacket::regular(data).unwrap()).into_iter().collect();
    config.sign(key, &empty(), text).unwrap()
}

fn creation(at: Moment) -> SubpacketData {
    SubpacketData::SignatureCreationTime(Timestamp::from_secs(u32::try_from(at.0).unwrap()))
}

fn empty() -> Password {
    Password::empty()
}
