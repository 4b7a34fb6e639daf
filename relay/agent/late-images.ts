import type { ImageState, Images } from "../images/images.ts";

export interface LateImages extends Images {
  isOpen(): boolean;
  open(images: Images): void;
}

const ABSENT: ImageState = {
  kind: "failed",
  reason: "the relay has no container engine that answers; it keeps looking for one",
};

/** The images of an engine that may answer only later. */
export function lateImages(): LateImages {
  let images: Images | undefined;
  return {
    isOpen: () => images !== undefined,
    open(opened) {
      images = opened;
    },
    look: (image) => images?.look(image) ?? ABSENT,
    resolve: async (image, waitMs) => images?.resolve(image, waitMs) ?? ABSENT,
    stop: () => images?.stop(),
  };
}
