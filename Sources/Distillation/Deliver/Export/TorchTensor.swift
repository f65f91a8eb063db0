import Files
import Foundation

/// A matrix of f32 as `torch.save` stores it: a zip archive with a pickle that describes the tensor
/// and a file of its elements. `torch.load(weights_only=True)` reads it.
struct TorchTensor: Sendable, Equatable {
  let rows: Int
  let width: Int
  /// [rows, width].
  let values: [Float]

  private static let folder = "archive"
  private static let elementsName = "\(folder)/data/0"

  /// The archive; nil where it has 4 GiB or more.
  var bytes: [UInt8]? {
    StoredArchive([
      .init("\(Self.folder)/data.pkl", pickle),
      .init("\(Self.folder)/byteorder", Array("little".utf8)),
      .init(Self.elementsName, values.narrowed(to: .f32)),
      .init("\(Self.folder)/version", Array("3\n".utf8)),
    ]).bytes
  }

  /// A matrix of this shape.
  init(rows: Int, width: Int, values: [Float]) {
    self.rows = rows
    self.width = width
    self.values = values
  }

  /// Reads an archive that ``bytes`` wrote, of rows of this width; nil for other bytes.
  init?(_ bytes: [UInt8], width: Int) {
    guard let entries = StoredArchive(bytes)?.entries,
      let elements = entries.first(where: { $0.name == Self.elementsName }),
      let values = [Float](littleEndian: elements.bytes), values.count % width == 0
    else { return nil }
    self.init(rows: values.count / width, width: width, values: values)
    guard entries.first?.bytes == pickle else { return nil }
  }

  /// The tensor's description in the language of pickle's protocol 2: a call of
  /// `torch._utils._rebuild_tensor_v2` with the storage, its offset, shape and strides.
  private var pickle: [UInt8] {
    var code: [UInt8] = [0x80, 2]
    func global(_ module: String, _ name: String) {
      code += [UInt8(ascii: "c")] + Array("\(module)\n\(name)\n".utf8)
    }
    func text(_ text: String) {
      code += [UInt8(ascii: "X"), UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8)
    }
    // LONG1: a signed number of eight bytes.
    func number(_ value: Int) {
      code += [0x8a, 8] + value.littleEndianBytes
    }
    let (mark, tuple, pair) = (UInt8(ascii: "("), UInt8(ascii: "t"), UInt8(0x86))
    global("torch._utils", "_rebuild_tensor_v2")
    code += [mark, mark]
    text("storage")
    global("torch", "FloatStorage")
    text("0")
    text("cpu")
    number(values.count)
    // The tuple is the storage's persistent id.
    code += [tuple, UInt8(ascii: "Q")]
    number(0)
    number(rows)
    number(width)
    code.append(pair)
    number(width)
    number(1)
    // No gradient, and no hooks.
    code += [pair, 0x89]
    global("collections", "OrderedDict")
    code += [UInt8(ascii: ")"), UInt8(ascii: "R"), tuple, UInt8(ascii: "R"), UInt8(ascii: ".")]
    return code
  }
}
