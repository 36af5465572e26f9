//! The settings of the server: flags, then `FLOWPBX_…` variables, then defaults (requirements 11.1, 11.3).

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;

use clap::Args;

/// Where the data is and how it is reached.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct DataArgs {
    /// Folder of the database, recordings and keys
    #[arg(long, global = true, env = "FLOWPBX_DATA_DIR", default_value = "data", value_name = "DIR")]
    pub data_dir: PathBuf,

    /// What is logged: error, warn, info, debug, trace, or filters such as `info,sip=debug`
    #[arg(long, global = true, env = "FLOWPBX_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub log_level: String,

    /// Address or port of the API of the running server, for commands; as the server noted it if not given
    #[arg(long, global = true, env = "FLOWPBX_HTTP", value_name = "[IP:]PORT")]
    pub http: Option<String>,
}

/// How the server runs.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(next_help_heading = "Server")]
pub struct Settings {
    /// Address that SIP and RTP listen on
    #[arg(long, global = true, env = "FLOWPBX_SIP_BIND", default_value = "0.0.0.0", value_name = "IP")]
    pub sip_bind: IpAddr,

    /// Port of SIP over UDP and TCP
    #[arg(long, global = true, env = "FLOWPBX_SIP_PORT", default_value_t = 5060, value_name = "PORT")]
    pub sip_port: u16,

    /// Port of SIP over UDP, if it isn't --sip-port
    #[arg(long, global = true, env = "FLOWPBX_SIP_UDP_PORT", value_name = "PORT")]
    pub sip_udp_port: Option<u16>,

    /// Port of SIP over TCP, if it isn't --sip-port
    #[arg(long, global = true, env = "FLOWPBX_SIP_TCP_PORT", value_name = "PORT")]
    pub sip_tcp_port: Option<u16>,

    /// Address at which phones and carriers reach this server; found out if not given
    #[arg(long, global = true, env = "FLOWPBX_EXTERNAL_IP", value_name = "IP")]
    pub external_ip: Option<IpAddr>,

    /// First port of RTP (even)
    #[arg(long, global = true, env = "FLOWPBX_RTP_MIN", default_value_t = 10_000, value_name = "PORT")]
    pub rtp_min: u16,

    /// Last port of RTP
    #[arg(long, global = true, env = "FLOWPBX_RTP_MAX", default_value_t = 20_000, value_name = "PORT")]
    pub rtp_max: u16,

    /// Address that the HTTP API listens on
    #[arg(long, global = true, env = "FLOWPBX_HTTP_BIND", default_value = "127.0.0.1", value_name = "IP")]
    pub http_bind: IpAddr,

    /// Port of the HTTP API; 0 takes a free one
    #[arg(long, global = true, env = "FLOWPBX_HTTP_PORT", default_value_t = 8080, value_name = "PORT")]
    pub http_port: u16,

    /// Country (ISO 3166, two letters): what ringback sounds like
    #[arg(long, global = true, env = "FLOWPBX_COUNTRY", default_value = "us", value_name = "CC", value_parser = country)]
    pub country: String,

    /// Realm of SIP passwords; changing it is harmless, phones ask anew
    #[arg(long, global = true, env = "FLOWPBX_SIP_DOMAIN", default_value = "flowpbx", value_name = "NAME")]
    pub sip_domain: String,

    /// Folder to import and publish when the data folder holds no office yet
    #[arg(long, global = true, env = "FLOWPBX_OFFICE", value_name = "DIR")]
    pub office: Option<PathBuf>,
}

impl Settings {
    /// Where SIP over UDP listens.
    #[must_use]
    pub fn sip_udp(&self) -> SocketAddr {
        SocketAddr::new(self.sip_bind, self.sip_udp_port.unwrap_or(self.sip_port))
    }

    /// Where SIP over TCP listens.
    #[must_use]
    pub fn sip_tcp(&self) -> SocketAddr {
        SocketAddr::new(self.sip_bind, self.sip_tcp_port.unwrap_or(self.sip_port))
    }

    /// Where the HTTP API listens.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        SocketAddr::new(self.http_bind, self.http_port)
    }

    /// The address that goes into SIP and SDP: as given, else the bound one, else that of the default route.
    #[must_use]
    pub fn advertised(&self) -> IpAddr {
        match self.external_ip {
            Some(ip) => ip,
            None if !self.sip_bind.is_unspecified() => self.sip_bind,
            None => default_route().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        }
    }

    /// What is allowed but will not work in an office, for the log and the status page.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let (bind, told) = (self.sip_bind, self.advertised());
        if !told.is_loopback() || bind.is_loopback() {
            return Vec::new();
        }
        vec![format!(
            "phones are told to send sound to {told}, which is this machine only, so calls will be silent; give \
             --external-ip with the address at which phones reach this server"
        )]
    }

    /// Refuses settings that don't fit together.
    ///
    /// # Errors
    /// What is wrong and what would be right.
    pub fn check(&self) -> Result<(), String> {
        if !self.rtp_min.is_multiple_of(2) || self.rtp_min < 1_024 || self.rtp_max <= self.rtp_min {
            return Err(format!(
                "--rtp-min {} and --rtp-max {} must be a range that begins with an even port from 1024 up",
                self.rtp_min, self.rtp_max
            ));
        }
        let (bind, told) = (self.sip_bind, self.advertised());
        if bind.is_ipv4() != told.is_ipv4() {
            return Err(format!(
                "--sip-bind {bind} and the address that phones are told, {told}, are not both IPv4 or both IPv6, so no \
                 sound would arrive; give --external-ip, or another --sip-bind"
            ));
        }
        let rtp = self.rtp_min..=self.rtp_max;
        if rtp.contains(&self.sip_udp().port()) {
            return Err(format!("the SIP port {} lies among the RTP ports", self.sip_udp().port()));
        }
        Ok(())
    }
}

/// The local address of the default route. Connecting a UDP socket sends nothing; 192.0.2.1 is TEST-NET-1 (RFC 5737).
fn default_route() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    socket.local_addr().ok().map(|a| a.ip()).filter(|ip| !ip.is_unspecified())
}

fn country(text: &str) -> Result<String, String> {
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a country is two letters, e.g. au".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    fn parse(args: &[&str]) -> Settings {
        Line::try_parse_from([&["flowpbx"], args].concat()).unwrap().settings
    }

    #[test]
    fn one_port_serves_both_transports_unless_told_otherwise() {
        let s = parse(&["--sip-port", "5070", "--sip-tcp-port", "5071"]);
        assert_eq!((s.sip_udp().port(), s.sip_tcp().port()), (5070, 5071));
        assert_eq!(parse(&["--country", "AU"]).country, "au");
        assert_eq!(parse(&["--sip-bind", "127.0.0.9"]).advertised().to_string(), "127.0.0.9");
        assert_eq!(parse(&["--external-ip", "203.0.113.1"]).advertised().to_string(), "203.0.113.1");
    }

    #[test]
    fn one_kind_of_address_is_listened_on_and_told() {
        assert!(parse(&["--sip-bind", "::", "--external-ip", "2001:db8::1"]).check().is_ok());
        for bad in [
            ["--sip-bind", "::", "--external-ip", "192.0.2.1"],
            ["--sip-bind", "0.0.0.0", "--external-ip", "::1"],
        ] {
            assert!(parse(&bad).check().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_loopback_address_for_phones_elsewhere_is_a_problem() {
        let told = |bind, ip| parse(&["--sip-bind", bind, "--external-ip", ip]).problems();
        let [problem] = &told("0.0.0.0", "127.0.0.1")[..] else { panic!("one problem") };
        assert!(problem.contains("127.0.0.1") && problem.contains("--external-ip"), "{problem}");
        assert!(told("0.0.0.0", "192.0.2.1").is_empty());
        assert!(told("127.0.0.1", "127.0.0.1").is_empty(), "for phones on this machine");
        assert_eq!(told("::", "::1").len(), 1);
    }

    #[test]
    fn port_ranges_that_collide_are_refused() {
        assert!(parse(&[]).check().is_ok());
        for bad in
            [["--rtp-min", "10001"], ["--rtp-max", "9000"], ["--rtp-min", "80"], ["--sip-port", "12000"]]
        {
            assert!(parse(&bad).check().is_err(), "{bad:?}");
        }
    }
}
