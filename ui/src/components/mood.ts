import { createContext, useContext } from "react";
import type { Mood } from "../theme";

export const MoodContext = createContext<{ mood: Mood; setMood: (m: Mood) => void }>({ mood: "light", setMood: () => undefined });

export const useMood = () => useContext(MoodContext);
