internal import Compute

/// The angle tables of a rotary embedding, computed for the positions of the runs so far: a table
/// for all positions of the model would take longer than a short training.
final class Rotation {
  /// Nil applies no rotation.
  let parameters: RotaryParameters?
  private let device: Device
  /// Of short texts: of all texts where there is one set of frequencies.
  private var short: RotaryTable
  /// Of long texts, once one was run.
  private var long: RotaryTable?

  init(_ device: Device, _ parameters: RotaryParameters?) throws(ComputeError) {
    self.device = device
    self.parameters = parameters
    short = try Self.table(device, parameters, isLong: false, positions: 256)
  }

  /// Computes the angles of positions below `positions` in texts of `textLength` tokens.
  func reserve(positions: Int, textLength: Int) throws(ComputeError) {
    guard isLong(textLength) else {
      if positions > short.positions {
        short = try Self.table(
          device, parameters, isLong: false, positions: max(positions, 2 * short.positions))
      }
      return
    }
    let known = long?.positions ?? 0
    if positions > known {
      long = try Self.table(
        device, parameters, isLong: true, positions: max(positions, 2 * known, 256))
    }
  }

  /// The angles of texts of `textLength` tokens.
  func table(textLength: Int) -> RotaryTable {
    guard isLong(textLength) else { return short }
    guard let long else { preconditionFailure("reserve() comes first") }
    return long
  }

  private func isLong(_ textLength: Int) -> Bool { parameters?.isLong(textLength) ?? false }

  private static func table(
    _ device: Device, _ parameters: RotaryParameters?, isLong: Bool, positions: Int
  ) throws(ComputeError) -> RotaryTable {
    try RotaryTable(
      device, inverseFrequencies: parameters?.inverseFrequencies(isLong: isLong) ?? [],
      attentionScaling: parameters?.attentionScaling ?? 1, positions: positions)
  }
}
