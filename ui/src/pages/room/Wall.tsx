import RoomPage from "./RoomPage";

/** The overview for a big screen: nothing but the tiles. */
export default function Wall() {
  return <main className="roomwall"><RoomPage wall /></main>;
}
