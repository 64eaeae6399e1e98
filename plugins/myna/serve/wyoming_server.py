"""Home Assistant's protocol, Wyoming: text in, 16-bit samples out, on loopback; through the same exit and threads."""

import asyncio
from importlib.metadata import version

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from myna.errors import MynaError
from myna.safety.stream_encode import PCM_RATE
from myna.serve.api_error import ApiError
from myna.serve.library import Found, described
from myna.serve.parts import Parts
from myna.serve.settings import Settings
from myna.serve.speech import Wanted
from myna.serve.speech_api import chunks

_ABOUT = Attribution(name="Myna", url="")
_WIDTH, _CHANNELS = 2, 1


async def serve(parts: Parts, settings: Settings) -> None:
    """Answer on the port of the settings until cancelled."""
    server = AsyncTcpServer(settings.host, settings.wyoming or 0)
    try:
        await server.start(lambda reader, writer: Handler(parts, reader, writer))  # `run` would take SIGTERM for itself
        await asyncio.Event().wait()
    finally:
        await server.stop()


class Handler(AsyncEventHandler):
    """One connection.

    Args:
        parts: Of the server.
        reader: What comes.
        writer: What goes.
    """

    def __init__(self, parts: Parts, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Wait for events."""
        super().__init__(reader, writer)
        self.parts, self.text = parts, ""
        self.asked: SynthesizeStart | None = None

    async def handle_event(self, event: Event) -> bool:
        """Answer an event; what cannot be done is told in one and the connection stays."""
        try:
            await self._answer(event)
        except (ApiError, MynaError) as error:
            message = error.detail if isinstance(error, ApiError) else str(error)
            await self.write_event(Error(text=message, code="refused").event())
        return True

    async def _answer(self, event: Event) -> None:
        if Describe.is_type(event.type):
            await self.write_event((await asyncio.to_thread(self._info)).event())
        elif Synthesize.is_type(event.type) and self.asked is None:
            whole = Synthesize.from_event(event)
            await self._say(whole.text, whole.voice)
        elif SynthesizeStart.is_type(event.type):
            self.asked, self.text = SynthesizeStart.from_event(event), ""
        elif SynthesizeChunk.is_type(event.type):
            self.text += SynthesizeChunk.from_event(event).text
            self._check(self.text)
        elif SynthesizeStop.is_type(event.type) and self.asked is not None:
            asked, self.asked = self.asked, None
            await self._say(self.text, asked.voice)
            await self.write_event(SynthesizeStopped().event())

    async def _say(self, text: str, voice: SynthesizeVoice | None) -> None:
        """Speak a text: start, chunks, stop."""
        self._check(text)
        found = self._voice(voice)
        wanted = Wanted(model="myna", input=text or " ", voice=found.id, response_format="pcm")
        sent = False
        async for _, data in chunks(self.parts, found, wanted):
            if not sent:
                await self.write_event(AudioStart(rate=PCM_RATE, width=_WIDTH, channels=_CHANNELS).event())
                sent = True
            chunk = AudioChunk(rate=PCM_RATE, width=_WIDTH, channels=_CHANNELS, audio=data)
            await self.write_event(chunk.event())
        await self.write_event(AudioStop().event())

    def _check(self, text: str) -> None:
        if len(text) > (most := self.parts.settings.longest_text):
            raise ApiError(400, "text_too_long", f"the text has {len(text)} characters; at most {most}", "text")

    def _voice(self, asked: SynthesizeVoice | None) -> Found:
        """Return the voice that is asked for, else the default one, else the newest."""
        library = self.parts.library
        name = (asked.name if asked else None) or self.parts.settings.default_voice
        if name and (found := library.find(name)):
            return found
        if name:
            raise ApiError(404, "voice_not_found", f"no voice {name[:60]!r}", "voice")
        found = next(library.speaking(), None)
        if found is None:
            raise ApiError(404, "voice_not_found", "there is no voice yet; make one on the page or by `myna clone`")
        return found

    def _info(self) -> Info:
        number = version("myna")
        voices = [
            TtsVoice(
                name=voice.name,
                attribution=_ABOUT,
                installed=True,
                description=f"{voice.name}, a clone: its speech is labelled",
                version=number,
                languages=[language.split("-")[0]],
            )
            for voice in self.parts.library.speaking()
            if (language := described(voice.folder)[0])
        ]
        program = TtsProgram(
            name="myna",
            attribution=_ABOUT,
            installed=True,
            description="Myna",
            version=number,
            voices=voices,
            supports_synthesize_streaming=True,
        )
        return Info(tts=[program])
