import Foundation
import HuggingFace

/// What a user asks of a distillation.
package struct RunRequest: Sendable {
  /// Which examples are held out.
  package enum Validation: Sendable, Equatable {
    /// Those of another file.
    case file(URL)
    /// A share of the inputs, above 0 and below 1.
    case fraction(Double)
    /// None: nothing is measured.
    case none
    /// A tenth of the inputs, or none where there is one example alone.
    case automatic
  }

  /// The model.
  package var folder: ModelFolder
  /// The model as the results name it.
  package var modelName: ModelName
  /// The file of the context.
  package var context: URL
  /// The file of the examples.
  package var inputs: URL
  /// What is held out.
  package var validation: Validation
  /// The folder of the results.
  package var output: URL
  /// What to do where that folder exists.
  package var mode: RunFolder.Mode
  /// How to train.
  package var options: TrainingOptions
  /// Those of ``options`` that the user left out: a run that is resumed keeps them as they were.
  package var kept: Set<TrainingOptions.Resumable>
  /// Steps between two checkpoints.
  package var checkpointEvery: Int

  /// A request.
  package init(
    folder: ModelFolder, modelName: ModelName, context: URL, inputs: URL, validation: Validation,
    output: URL, mode: RunFolder.Mode, options: TrainingOptions,
    kept: Set<TrainingOptions.Resumable>, checkpointEvery: Int
  ) {
    self.folder = folder
    self.modelName = modelName
    self.context = context
    self.inputs = inputs
    self.validation = validation
    self.output = output
    self.mode = mode
    self.options = options
    self.kept = kept
    self.checkpointEvery = checkpointEvery
  }
}
