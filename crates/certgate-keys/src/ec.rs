//! Keys on elliptic curves (SEC1, RFC 5915): brought to the one form that signs, with the public key, which many files lack.

use certgate_x509::algorithm_name;
use p256::elliptic_curve::{self, sec1::ToSec1Point};
use pkcs8::{
    AlgorithmIdentifierRef, ObjectIdentifier,
    der::{
        self, Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged,
        asn1::{AnyRef, BitStringRef, ContextSpecific, OctetStringRef},
    },
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm},
};
use zeroize::Zeroizing;

use crate::{
    KeyError,
    der::{explicit, octets, sequence},
};

/// `id-ecPublicKey`.
pub(crate) const ALGORITHM: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// An ECPrivateKey.
pub(crate) struct EcKey<'a> {
    private: &'a [u8],
    curve: Option<AnyRef<'a>>,
    public: Option<&'a [u8]>,
}

impl<'a> EcKey<'a> {
    pub(crate) fn read(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let key = reader.sequence(|reader| {
            if u8::decode(reader)? != 1 {
                return Err(reader.error(Tag::Integer.value_error()));
            }
            let private = <&OctetStringRef>::decode(reader)?.as_bytes();
            let curve = ContextSpecific::<AnyRef<'_>>::decode_explicit(reader, TagNumber(0))?;
            let public = ContextSpecific::<BitStringRef<'_>>::decode_explicit(reader, TagNumber(1))?;
            Ok(Self {
                private,
                curve: curve.map(|curve| curve.value),
                public: public.and_then(|public| public.value.as_bytes()),
            })
        })?;
        reader.finish()?;
        Ok(key)
    }

    /// The private number in as many bytes as its curve wants, and the public key. Some programs leave leading zeros out, some put
    /// one more before.
    fn pair<const LENGTH: usize>(
        &self,
        curve: &'static EcdsaSigningAlgorithm,
        computed: impl Fn(&[u8]) -> elliptic_curve::Result<Vec<u8>>,
    ) -> Option<(Zeroizing<Vec<u8>>, Vec<u8>)> {
        let start = self.private.iter().position(|byte| *byte != 0)?;
        let number = self.private.get(start..)?;
        let mut scalar = Zeroizing::new(vec![0; LENGTH.checked_sub(number.len())?]);
        scalar.extend(number);
        // Whether what stands in the file is the private number's, ring finds ten times as fast as it is computed.
        let is_own = |given: &&[u8]| {
            EcdsaKeyPair::from_private_key_and_public_key(curve, &scalar, given, &SystemRandom::new()).is_ok()
        };
        let given = self.public.filter(is_own).map(<[u8]>::to_vec);
        let public = given.map_or_else(|| computed(&scalar), Ok).ok()?;
        Some((scalar, public))
    }

    /// The key as PKCS#8, its public key computed; `parameters` are those of an algorithm that it stood under.
    ///
    /// # Errors
    /// [`KeyError`]: no curve is named, or one that cannot be used; the public key in the file is another one's.
    pub(crate) fn pkcs8(&self, parameters: Option<AnyRef<'_>>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let named = parameters.filter(|parameters| !parameters.is_null()).or(self.curve);
        let unnamed = || KeyError::Unsupported("an EC key that does not name its curve".to_owned());
        let named = named.ok_or_else(unnamed)?;
        if named.tag() == Tag::Sequence {
            return Err(KeyError::ExplicitCurve);
        }
        let curve = named.decode_as::<ObjectIdentifier>().map_err(|_| unnamed())?;
        let computed = match curve {
            P256 => self.pair::<32>(&ECDSA_P256_SHA256_ASN1_SIGNING, |scalar| {
                let public = p256::SecretKey::from_slice(scalar)?.public_key();
                Ok(public.to_sec1_point(false).as_bytes().to_vec())
            }),
            P384 => self.pair::<48>(&ECDSA_P384_SHA384_ASN1_SIGNING, |scalar| {
                let public = p384::SecretKey::from_slice(scalar)?.public_key();
                Ok(public.to_sec1_point(false).as_bytes().to_vec())
            }),
            other => {
                return Err(KeyError::Unsupported(format!("EC {}", algorithm_name(&other.to_string()))));
            }
        };
        let (private, public) = computed.ok_or(KeyError::Damaged("its private number is outside its curve's range"))?;
        if self.public.is_some_and(|given| !forms(&public).iter().any(|form| form == given)) {
            return Err(KeyError::Damaged("the public key in it belongs to another private key"));
        }
        let encoded = || {
            let bits = BitStringRef::from_bytes(&public)?.to_der()?;
            let (curve_again, public) = (explicit(0, &curve.to_der()?)?, explicit(1, &bits)?);
            let key = sequence(&[1_u8.to_der()?, octets(&private)?, curve_again, public])?;
            let algorithm = AlgorithmIdentifierRef { oid: ALGORITHM, parameters: Some(AnyRef::from(&curve)) };
            sequence(&[0_u8.to_der()?, algorithm.to_der()?, octets(&key)?])
        };
        encoded()
            .map(Zeroizing::new)
            .map_err(|why: der::Error| KeyError::Failed(format!("the key cannot be written as PKCS#8: {why}")))
    }
}

/// A point as a file may have it (SEC1, 2.3.3; X9.62 for the last): uncompressed, as it is given here; its x with the sign of its
/// y; and hybrid, both numbers with the sign.
fn forms(point: &[u8]) -> [Vec<u8>; 3] {
    let half = point.len().div_ceil(2);
    let sign = point.last().map_or(0, |last| last & 1);
    let behind = |first: u8, numbers: Option<&[u8]>| [&[first], numbers.unwrap_or_default()].concat();
    [point.to_vec(), behind(2 + sign, point.get(1..half)), behind(6 + sign, point.get(1..))]
}
