import Files
import Testing

@testable import Distillation

/// The bytes of a tensor as PyTorch reads them; `ExportTests` of the commands give them to PyTorch.
@Suite struct TorchTensorTests {
  private let tensor = TorchTensor(rows: 2, width: 3, values: [0, 1, -2, 0.5, 3, 4])

  @Test func thePickleRebuildsAMatrix() throws {
    let bytes = try #require(tensor.bytes)
    let entries = try #require(StoredArchive(bytes)).entries
    #expect(
      entries.map(\.name) == [
        "archive/data.pkl", "archive/byteorder", "archive/data/0", "archive/version",
      ])
    func number(_ value: UInt8) -> [UInt8] { [0x8a, 8, value, 0, 0, 0, 0, 0, 0, 0] }
    func text(_ text: String) -> [UInt8] {
      [0x58, UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8)
    }
    var code: [UInt8] = [0x80, 2] + Array("ctorch._utils\n_rebuild_tensor_v2\n((".utf8)
    code += text("storage") + Array("ctorch\nFloatStorage\n".utf8) + text("0") + text("cpu")
    code += number(6) + Array("tQ".utf8) + number(0)
    code += number(2) + number(3) + [0x86] + number(3) + number(1) + [0x86, 0x89]
    code += Array("ccollections\nOrderedDict\n)RtR.".utf8)
    #expect(entries[0].bytes == code)
    #expect(entries[1].bytes == Array("little".utf8))
    #expect(
      entries[2].bytes == [
        0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0, 0x40, 0x40, 0, 0, 0x80,
        0x40,
      ])
    #expect(entries[3].bytes == Array("3\n".utf8))
  }

  @Test func tensorsReadBack() throws {
    let bytes = try #require(tensor.bytes)
    #expect(TorchTensor(bytes, width: 3) == tensor)
    #expect(TorchTensor(bytes, width: 2) == nil)
    #expect(TorchTensor(Array(bytes.dropFirst()), width: 3) == nil)
  }
}
