import Foundation
import Testing

/// Two hosts on this machine, `alpha` and `beta`: each has its own network and name by namespaces
/// of Linux, and a pair of virtual Ethernet devices connects them. `mpirun` runs on alpha and
/// reaches beta through an agent in the place of ssh.
struct TwoHosts {
  /// Why tests with two hosts were skipped.
  static let reason: Comment =
    "needs mpirun of Open MPI, a build with --traits MPI, and root with ip, unshare, nsenter and network namespaces"

  static let isUsable: Bool = {
    guard Launcher.isUsable, Launcher.isOpenMPI, geteuid() == 0, let program = unshare,
      ["ip", "nsenter", "mount"].allSatisfy({ Launcher.executable($0) != nil })
    else { return false }
    let trial = try? Program.run(
      ["-n", "-u", "-m", "sh", "-c", "ip link add p type veth peer name q && hostname alpha"],
      of: program)
    return trial?.code == 0
  }()

  private static let unshare = Launcher.executable("unshare")

  /// Makes the hosts, runs the rest of its arguments on alpha and removes the hosts. As ssh to a
  /// machine that is gone without a word, the agent does not end with what it started there.
  private static let script = #"""
    set -e
    folder=$1 alpha=$2 beta=$3
    shift 3
    cd "$folder"
    printf '127.0.0.1 localhost\n10.77.0.1 alpha\n10.77.0.2 beta\n' > hosts
    mount --bind hosts /etc/hosts
    hostname alpha
    ip link set lo up
    unshare -n -u -m sleep 600 &
    host=$!
    trap 'kill $host 2>/dev/null || true' EXIT
    until [ "$(readlink /proc/$host/ns/mnt)" != "$(readlink /proc/$$/ns/mnt)" ]; do sleep 0.02; done
    on_beta() { nsenter -t $host -n -u -m "$@"; }
    on_beta hostname beta
    on_beta mount -t tmpfs tmpfs "$folder/of-alpha"
    ip link add to-beta type veth peer name to-alpha netns $host
    ip addr add 10.77.0.1/24 dev to-beta
    ip link set to-beta up
    on_beta ip addr add 10.77.0.2/24 dev to-alpha
    on_beta ip link set to-alpha up
    on_beta ip link set lo up
    cat > agent <<END
    #!/bin/sh
    shift
    nsenter -t $host -n -u -m -- /bin/sh -c "\$*"
    code=\$?
    [ \$code -lt 128 ] || sleep 30
    exit \$code
    END
    chmod +x agent
    printf 'alpha slots=%s\nbeta slots=%s\n' $alpha $beta > hostfile
    readlink /proc/$host/ns/net > beta
    echo $host > holder
    "$@"
    """#

  /// The folder of the hosts.
  private let folder: URL
  /// A folder that both see, empty on beta: what is written there on alpha is not there.
  var ofAlpha: URL { folder.appending(path: "of-alpha") }

  /// - Parameter folder: an empty folder.
  init(in folder: URL) throws {
    self.folder = folder
    try FileManager.default.createDirectory(
      at: folder.appending(path: "of-alpha"), withIntermediateDirectories: true)
  }

  /// Starts ranks on both hosts.
  ///
  /// - Parameter environment: of the launcher.
  func start(
    alpha: Int, beta: Int, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Program.Running {
    let mpirun = try #require(Launcher.mpirun).path
    let launch = [
      mpirun, "--hostfile", folder.appending(path: "hostfile").path, "--mca", "plm_rsh_agent",
      folder.appending(path: "agent").path, "-n", "\(alpha + beta)", Program.url.path,
    ]
    return try Program.Running(
      ["-n", "-u", "-m", "-f", "--kill-child", "sh", "-c", Self.script, "sh", folder.path]
        + ["\(alpha)", "\(beta)"] + launch + arguments,
      of: try #require(Self.unshare), environment: Launcher.environment.merging(environment) { $1 })
  }

  private func text(of name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Cuts the network between the hosts.
  func cut() throws {
    let nsenter = try #require(Launcher.executable("nsenter"))
    let result = try Program.run(
      ["-t", text(of: "holder"), "-n", "ip", "link", "set", "to-alpha", "down"], of: nsenter)
    #expect(result.code == 0, "\(result.allErrors)")
  }

  /// The processes of beta: those in its network.
  func processesOfBeta() throws -> [Int32] {
    let (own, files) = (try text(of: "beta"), FileManager.default)
    return try files.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).filter {
      (try? files.destinationOfSymbolicLink(atPath: "/proc/\($0)/ns/net")) == own
    }
  }
}
