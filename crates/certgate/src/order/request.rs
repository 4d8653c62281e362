//! What is ordered.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use certgate_client::Client;
use certgate_domain::{
    Certificate, Lenient, TaskKind,
    task::CertificateInfo,
    words::{AuthMethod, ServerSoftware},
};
use certgate_flow::{Field, Order as Flow, Purpose, RequestError, RequestedOrder, Workflow};
use certgate_keys::KeyType;
use certgate_store::{InstallOptions, Order, ResumeData};
use certgate_x509::{BadRequest, CertificateRequest};

use super::{names::NamesBy, recovery::serial_of};
use crate::{
    Error, Installation, KeySource, OrderId, RunItem,
    installation::{InstallError, durable},
    key::{KeySourceError, RequestText},
    selector::spelled,
    validation::{Method, Validation, ValidationError, Validator},
};

/// A request for a certificate: a new one, another one in place of it, or another term. What is not given is taken from the
/// certificate as the gateway has it.
///
/// ```
/// use certgate::{OrderRequest, validation::Provision};
/// use certgate_keys::KeyType;
///
/// let request = OrderRequest::reissue(571).new_key(KeyType::P256).validate(Provision).install("certs/example.com");
/// assert_eq!(request.action(), "reissue");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OrderRequest {
    /// What is ordered, and of which certificate.
    pub purpose: Purpose,
    /// The CSR (PEM), and what it says.
    pub csr: Option<RequestText>,
    /// The key that the CSR is made with, where none is given. It needs a folder to be installed in.
    pub key: Option<KeySource>,
    /// The names of the CSR that is made, besides the certificate's own.
    pub names: Vec<String>,
    /// Who says so.
    pub(crate) names_by: NamesBy,
    /// What the certificate goes by here, whatever its own name is by now: it is asked for, too.
    pub(crate) known_as: Vec<String>,
    /// The product's code.
    pub product: Option<String>,
    /// The certificate's name.
    pub name: Option<String>,
    /// Whether that is known to be the certificate's at the gateway.
    pub(crate) is_own_name: bool,
    /// The id of the administrative contact.
    pub admin: Option<i64>,
    /// The id of the technical contact.
    pub technical: Option<i64>,
    /// The server software.
    pub software: Option<ServerSoftware>,
    /// The term, in months.
    pub lifetime: Option<i64>,
    /// How control over the names is shown, where no validator says it.
    pub method: Option<AuthMethod>,
    /// Whether the gateway publishes the DNS record, where no validator says it.
    pub provisioning: Option<bool>,
    /// Publishes what shows control over the names.
    pub validation: Validation,
    /// Where the certificate goes. Without it the certificate is only given back.
    pub install: Option<InstallOptions>,
    /// The certificate as it is, where it was asked for to make the CSR.
    pub(super) existing: Option<Box<Certificate>>,
    /// The profile of the configuration file with the account that is to order it, where that is said: whoever starts the run chooses the
    /// gateway by it.
    pub profile: Option<String>,
}

/// Why an order cannot be placed, found before anything is sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreparationError {
    /// The CSR cannot be read.
    #[error("the CSR cannot be read: {0}")]
    Csr(#[source] BadRequest),
    /// The key cannot be used, or its CSR cannot be made.
    #[error(transparent)]
    Key(#[from] KeySourceError),
    /// The certificate could not be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// What shows control over the names could not be published.
    #[error(transparent)]
    Validation(#[from] ValidationError),
    /// The request lacks something, or does not fit itself.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Nobody is there to do what the certificate was validated by, and nothing is said to do it instead.
    #[error("the certificate is validated {}", match .0 { AuthMethod::File => "by a file", _ => "by a DNS record that the gateway does not publish" })]
    Unattended(AuthMethod),
    /// Another machine or a person is at the same certificate: its job runs at the gateway, and is none of the store's.
    #[error("job {job}{} of {name} runs at the gateway and was not ordered from here", action.as_ref().map(|action| format!(" ({action})")).unwrap_or_default())]
    UnderWay {
        /// The gateway's job.
        job: i64,
        /// What it does, where the gateway says it.
        action: Option<String>,
        /// The certificate's name.
        name: String,
    },
    /// Another machine or a person came to a new certificate of the same name, or changed one, while this one was on its way.
    #[error("certificate {certificate} of {name} came or was changed meanwhile, and was not ordered from here")]
    CameMeanwhile {
        /// The gateway's id of it.
        certificate: i64,
        /// Its name.
        name: String,
    },
}

impl OrderRequest {
    /// A new certificate (task 400101).
    pub fn create() -> Self {
        Self::new(Purpose::Create)
    }

    /// That certificate with another CSR, for the rest of its term (task 400102).
    pub fn reissue(certificate: i64) -> Self {
        Self::new(Purpose::Reissue(certificate))
    }

    /// That certificate for another term (task 400106).
    pub fn renew(certificate: i64) -> Self {
        Self::new(Purpose::Renew(certificate))
    }

    /// An order for that purpose.
    pub fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            csr: None,
            key: None,
            names: Vec::new(),
            names_by: NamesBy::default(),
            known_as: Vec::new(),
            product: None,
            name: None,
            is_own_name: false,
            admin: None,
            technical: None,
            software: None,
            lifetime: None,
            method: None,
            provisioning: None,
            validation: Validation::default(),
            install: None,
            existing: None,
            profile: None,
        }
    }

    /// With this CSR (PEM).
    ///
    /// # Errors
    /// It cannot be read.
    pub fn csr(mut self, text: &str) -> Result<Self, PreparationError> {
        let request = CertificateRequest::from_pem(text).map_err(PreparationError::Csr)?;
        self.csr = Some((request.as_sent(), request));
        Ok(self)
    }

    /// With a new key of that type, which comes into the certificate's folder with it.
    #[must_use]
    pub fn new_key(mut self, key_type: KeyType) -> Self {
        self.key = Some(KeySource::New { key_type: Some(key_type), default: key_type });
        self
    }

    /// Showing control over the names by that validator.
    #[must_use]
    pub fn validate(mut self, validator: impl Validator + 'static) -> Self {
        self.validation = Validation::by(validator);
        self
    }

    /// Installing the certificate in that folder.
    #[must_use]
    pub fn install(mut self, folder: impl Into<std::path::PathBuf>) -> Self {
        self.install = Some(InstallOptions::into_folder(folder));
        self
    }

    /// What is ordered: `create`, `reissue` or `renew`.
    pub fn action(&self) -> &'static str {
        match self.purpose {
            Purpose::Create => "create",
            Purpose::Reissue(_) => "reissue",
            Purpose::Renew(_) => "renew",
        }
    }

    /// The task that orders it.
    pub fn task(&self) -> TaskKind {
        match self.purpose {
            Purpose::Create => TaskKind::CertificateCreate,
            Purpose::Reissue(_) => TaskKind::CertificateReissue,
            Purpose::Renew(_) => TaskKind::CertificateRenew,
        }
    }

    /// The certificate that it is about; a new one has none yet.
    pub fn certificate(&self) -> Option<i64> {
        match self.purpose {
            Purpose::Create => None,
            Purpose::Reissue(id) | Purpose::Renew(id) => Some(id),
        }
    }

    /// What makes a new certificate whose CSR is still to be made another one than those of the same name: its further names, its product and its
    /// kind of key. Another folder does not.
    pub(crate) fn new_certificate(&self) -> String {
        let name = spelled(self.name.as_deref().unwrap_or_default());
        let mut names: BTreeSet<String> = self.names.iter().map(|other| spelled(other)).collect();
        names.remove(&name);
        let names: Vec<String> = std::iter::once(name).chain(names).collect();
        let key = match &self.key {
            Some(KeySource::New { key_type, default }) => key_type.unwrap_or(*default).name().to_owned(),
            // Whatever its links lead to now: a release that is put in the place of another one is the same.
            Some(KeySource::File { path, .. }) => path.components().collect::<PathBuf>().display().to_string(),
            None => String::new(),
        };
        format!("{}:{}:{key}", names.join(","), self.product.as_deref().unwrap_or_default())
    }

    /// That, of a new certificate whose key comes with its order: a CSR says itself what it is for.
    pub(super) fn asked(&self) -> Option<String> {
        (self.certificate().is_none() && self.key.is_some()).then(|| self.new_certificate())
    }

    /// Whether an order of the store is of the same certificate, or of a new one whose CSR asks for the same, or that was asked for in the same words.
    pub fn is_for(&self, order: &Order) -> bool {
        match self.certificate() {
            Some(id) => order.order.certificate == Some(id),
            None if self.asked().is_some_and(|asked| order.order.resume.asked == Some(asked)) => true,
            None => {
                let own = self.csr.as_ref().map(|(_, csr)| csr.asked_hash());
                let is_same_task = order.order.task == self.task().name();
                let csr = order.order.csr.as_deref().filter(|_| is_same_task && own.is_some());
                let other = csr.and_then(|csr| CertificateRequest::read(csr).ok());
                other.is_some_and(|other| own == Some(other.asked_hash()))
            }
        }
    }

    /// Finds what would go wrong, as far as it can be known without the gateway.
    ///
    /// # Errors
    /// See [`PreparationError`]: order nothing.
    pub fn check(&self) -> Result<(), PreparationError> {
        let missing = self.missing();
        if !missing.is_empty() {
            return Err(RequestError::Missing(missing).into());
        }
        if let Some(key) = &self.key {
            key.check()?;
        }
        if let Some(installation) = self.installation() {
            installation.check()?;
            if let Some((_, request)) = &self.csr {
                installation.check_request(request)?;
            }
        }
        self.validation.check()?;
        if let (Some(name), Some((_, request))) = (&self.name, &self.csr)
            && !request.asks_for(name)
        {
            let common_name = request.common_name.clone();
            return Err(RequestError::OtherName { common_name, name: name.clone() }.into());
        }
        Ok(())
    }

    /// Finds what would go wrong with key, folder and validation, as far as it can be known where everything stays as it is: of a plan.
    ///
    /// # Errors
    /// See [`PreparationError`]: order nothing.
    pub(crate) fn check_unwritten(&self) -> Result<(), PreparationError> {
        if let Some(key) = &self.key {
            key.check()?;
        }
        if let Some(installation) = self.installation() {
            installation.check_unwritten()?;
            if let Some((_, request)) = &self.csr {
                installation.check_request(request)?;
            }
        }
        Ok(self.validation.check()?)
    }

    /// What a new certificate cannot be ordered without. A key takes the place of the CSR, and then wants a name.
    fn missing(&self) -> Vec<Field> {
        let mut missing = self.requested(Duration::ZERO, false).missing_for_new();
        if self.key.is_some() {
            let is_nameless = self.purpose == Purpose::Create && self.name.is_none();
            missing.retain(|field| *field != Field::Csr);
            missing.splice(0..0, is_nameless.then_some(Field::Name));
        }
        missing
    }

    /// Makes the CSR, where it is to be made with a key: asks the gateway for the certificate's names, and keeps the key in the
    /// certificate's folder, unless the order is only rehearsed.
    ///
    /// # Errors
    /// [`Error::Preparation`], or the gateway could not be asked for the certificate as it is: order nothing.
    pub fn make_csr(&mut self, client: &mut Client, is_rehearsal: bool) -> Result<(), Error> {
        let Some(id) = self.certificate().filter(|_| self.key.is_some() && self.install.is_some()) else {
            return Ok(self.make_csr_like(&Certificate::default(), is_rehearsal)?);
        };
        let answer = client.call(CertificateInfo::new(id))?;
        let existing = answer.value.data.into_iter().next().map(Box::new);
        self.make_csr_like(existing.as_deref().unwrap_or(&Certificate::default()), is_rehearsal)?;
        // Findings are shown and judged where the order asks itself, and a rehearsal shows that request.
        self.existing = existing.filter(|_| answer.findings.is_empty() && !is_rehearsal);
        Ok(())
    }

    /// The same, where the certificate as it is was asked for already.
    ///
    /// # Errors
    /// See [`PreparationError`]: order nothing.
    pub fn make_csr_like(&mut self, known: &Certificate, is_rehearsal: bool) -> Result<(), PreparationError> {
        self.check_in_place(known)?;
        if let (Some(id), Some(name)) = (self.certificate(), &self.name) {
            RequestError::check_name(id, known, name, |own| self.asks_for(known, name, own))?;
        }
        let (Some(key), Some(installation)) = (&self.key, self.installation()) else { return Ok(()) };
        let names = self.all_names(known);
        self.csr = Some(key.request(&installation, known, &names, is_rehearsal)?);
        Ok(())
    }

    /// Refuses an order whose folder holds another certificate: one of another id and of another name, as far as these are known, or for a new one
    /// another account's.
    ///
    /// # Errors
    /// [`InstallError::OtherCertificate`], [`InstallError::OtherProfile`].
    pub(crate) fn check_in_place(&self, known: &Certificate) -> Result<(), PreparationError> {
        let name = self.name.as_deref().or(self.csr.as_ref().and_then(|(_, csr)| csr.name())).or(known.name.as_deref());
        let checked = self.installation().map(|there| there.check_in_place(self.certificate(), name, known));
        Ok(checked.transpose().map(drop)?)
    }

    /// Refuses an order that nobody watches where nothing is said to validate it by, and the certificate was validated by something
    /// that the gateway does not do by itself.
    ///
    /// # Errors
    /// [`PreparationError::Unattended`].
    pub(crate) fn check_unattended(&self, known: &Certificate) -> Result<(), PreparationError> {
        let Some(before) = known.authentication.as_ref().filter(|_| self.validation.method().is_none()) else {
            return Ok(());
        };
        let by_hand = before.provisioning.as_ref().and_then(Lenient::value) == Some(&false);
        match &before.method {
            Some(AuthMethod::Dns) if by_hand && self.provisioning != Some(true) => {
                Err(PreparationError::Unattended(AuthMethod::Dns))
            }
            Some(AuthMethod::File) if self.method.is_none() => Err(PreparationError::Unattended(AuthMethod::File)),
            _ => Ok(()),
        }
    }

    /// Refuses a method of validation that the order cannot change to.
    ///
    /// # Errors
    /// [`RequestError::OtherMethod`].
    pub(crate) fn check_method(&self, known: &Certificate) -> Result<(), PreparationError> {
        Ok(self.requested(Duration::ZERO, false).check_method(known)?)
    }

    /// The folder that it is to be installed in.
    pub(crate) fn installation(&self) -> Option<Installation> {
        self.install_options().map(Installation::new)
    }

    /// How it is to be installed: with the key that comes with it, where one does.
    fn install_options(&self) -> Option<InstallOptions> {
        let with_key = self.key.is_some();
        self.install.clone().map(|mut options| {
            options.with_key = with_key;
            options
        })
    }

    /// The order's life from its beginning. It is waited for until `deadline` (since the run began), where it is to be.
    pub fn flow(&self, deadline: Duration, wait: bool) -> Box<dyn Workflow> {
        let order = Flow::new(self.requested(deadline, wait));
        match &self.existing {
            Some(existing) => Box::new(order.with_existing((**existing).clone())),
            None => Box::new(order),
        }
    }

    fn requested(&self, deadline: Duration, wait: bool) -> RequestedOrder {
        let asked = self.validation.method();
        let (method, provisioning) = match asked.as_ref().map(Method::words) {
            Some((method, provisioning)) => (Some(method), provisioning),
            None => (self.method.clone(), self.provisioning),
        };
        RequestedOrder {
            purpose: self.purpose,
            csr: self.csr.clone(),
            product: self.product.clone(),
            name: self.name.clone(),
            is_own_name: self.is_own_name,
            admin: self.admin,
            technical: self.technical,
            software: self.software.clone(),
            lifetime: self.lifetime,
            method,
            provisioning,
            approver: match asked {
                Some(Method::Email { approver }) => Some(approver),
                _ => None,
            },
            deadline,
            wait,
        }
    }

    /// Whether the certificate's name is all that would be asked for before it is ordered.
    pub(crate) fn lacks_its_name_alone(&self) -> bool {
        let requested = self.requested(Duration::ZERO, false);
        !requested.is_complete() && RequestedOrder { is_own_name: true, ..requested }.is_complete()
    }

    /// The order as a run drives it.
    pub fn item(&self, id: OrderId, deadline: Duration, wait: bool) -> RunItem {
        let install = self.install_options();
        let mut resume = ResumeData::installing(install.as_ref().map(durable));
        resume.serial_before = self.existing.as_deref().and_then(serial_of);
        let validation = self.validation.clone();
        RunItem { install, resume, validation, ..RunItem::new(id, self.task(), self.flow(deadline, wait)) }
    }
}
