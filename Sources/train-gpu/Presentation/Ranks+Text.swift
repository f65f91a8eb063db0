import Compute
import JSON
import Ranks

extension Ranks {
  /// The hosts of the ranks with their devices, in a line. All ranks call it.
  func text(device: Device) -> String {
    let own = device.name + (device.threads.map { " with \(Counted($0, "thread"))" } ?? "")
    let names = gather(lists: [Array(own.utf8)]).map { String(decoding: $0, as: UTF8.self) }
    let uuids = gather([device.uuid]).flatMap(\.self)
    let devices = names.indices.map { rank in
      let isAmbiguous = names.indices.contains {
        hosts[$0] == hosts[rank] && names[$0] == names[rank] && uuids[$0] != uuids[rank]
      }
      let uuid = isAmbiguous ? uuids[rank] : nil
      return names[rank] + (uuid.map { " (\($0.beginningOfUUID))" } ?? "")
    }
    var parts: [String] = []
    for host in hosts.indices where hosts.firstIndex(of: hosts[host]) == host {
      let onHost = hosts.indices.filter { hosts[$0] == hosts[host] }.map { devices[$0] }
      let isOne = onHost.allSatisfy { $0 == onHost[0] }
      let each = onHost.count > 1 ? "each on " : "on "
      parts.append(
        "\(onHost.count) at \(hosts[host]), "
          + (isOne ? each + onHost[0] : "on \(onHost.joined(separator: ", "))"))
    }
    return "\(count) ranks: \(parts.joined(separator: "; "))"
  }
}

extension UInt128 {
  /// The first eight digits of a UUID, as nvidia-smi and clinfo write it.
  fileprivate var beginningOfUUID: String {
    let digits = String(self >> 96, radix: 16)
    return "UUID " + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
