"""Speaking: text to sound, by the voice that the settings choose."""

from app.tts.speech import Chunk, GenerationStopped, generate_tts_wav, stream_tts

__all__ = ["Chunk", "GenerationStopped", "generate_tts_wav", "stream_tts"]
